"""Section: where every document went, from the files read to the shards, with the reasons per source."""

from collections import Counter
from collections.abc import Mapping, Sequence

from mixpipe.report.blocks import Block, Cell, Column, Note, Plot, Section, Table, number, row_of
from mixpipe.report.facts import Artefacts
from mixpipe.report.facts.documents import Source, read_masked, read_quarantine, read_removals, read_sources
from mixpipe.report.facts.duplicates import Duplicates, read_duplicates
from mixpipe.report.facts.examples import Dropped, read_dropped
from mixpipe.report.fates import Fate, fates
from mixpipe.report.figures import waterfall
from mixpipe.report.numbers import compact, count, counted, share

__all__ = ["documents_section"]

EQUAL = "an earlier document of the same text"
OPEN_SOURCES = 24  # rows shown without a click
MOST_SOURCES = 200  # rows; a crawl has more sources than a page can hold


def documents_section(artefacts: Artefacts) -> Section | None:
    """Return the section; None before ingest."""
    sources = read_sources(artefacts)
    if not sources:
        return None
    steps = fates(artefacts)
    quarantined = read_quarantine(artefacts)
    blocks: list[Block] = [_plot(steps), _source_table(sources, read_removals(artefacts))]
    if duplicates := read_duplicates(artefacts):
        blocks += _duplicates(duplicates)
    if dropped := [case for case in read_dropped(artefacts) if not case.document.spans]:
        blocks.append(_dropped_table(dropped))
    if hidden := read_masked(artefacts):
        found = ", ".join(f"{count(times)} {kind}" for kind, times in hidden.items())
        blocks.append(Note(f"Masked in the texts before they were given ids: {found}."))
    if quarantined:
        blocks.append(_quarantine_table(quarantined))
    lead = (
        "Documents in are documents out plus what was dropped, by reason, plus what was not drawn. "
        "Nothing is lost without a reason."
    )
    return Section("documents", "Documents", lead, blocks)


def _plot(steps: Sequence[Fate]) -> Plot:
    return Plot(
        waterfall(
            [step.label for step in steps],
            [step.documents if step.change else 0 for step in steps],
            [step.documents - step.change for step in steps],
        ),
        "Blue bars are what is left, grey ones what went at that point.",
    )


def _source_table(sources: Sequence[Source], removals: Mapping[str, Mapping[str, int]]) -> Table:
    totals: Counter[str] = Counter()
    for dropped in removals.values():
        totals.update(dropped)
    reasons = [reason for reason, _ in totals.most_common(8)]
    most = max(source.documents for source in sources)
    rows = [
        row_of(
            source.name,
            number(count(source.documents), source.documents, bar=source.documents / max(most, 1)),
            number(compact(source.tokens), source.tokens),
            number(share(source.duplicates / max(source.documents, 1)), source.duplicates / max(source.documents, 1)),
            *_removed(removals.get(source.name, {}), reasons),
        )
        for source in sources[:MOST_SOURCES]
    ]
    heads = [Column(f"dropped: {reason}") for reason in reasons]
    columns = [Column("source", numeric=False), Column("documents"), Column("tokens"), Column("duplicates"), *heads]
    left_out = len(sources) - len(rows)
    caption = f"The {len(rows)} largest sources; {count(left_out)} smaller ones are left out." if left_out else ""
    fold = f"Documents of the {len(rows)} largest sources" if len(rows) > OPEN_SOURCES else ""
    return Table(columns, rows, caption, fold=fold)


def _removed(dropped: Mapping[str, int], reasons: Sequence[str]) -> list[Cell]:
    return [number(count(dropped.get(reason, 0)), dropped.get(reason, 0)) for reason in reasons]


def _duplicates(found: Duplicates) -> list[Block]:
    """Return what was found in a sentence, and a table of the largest groups."""
    said = (
        f"{counted(found.near_marked, 'document')} are near duplicates of one that is kept, in "
        f"{counted(found.near_groups, 'group')}; {counted(found.semantic_marked, 'document')} say the same as one that "
        "is kept, by their embeddings. Which of these kinds drop is set in scores.drop."
    )
    if found.kept_instead:
        said += f" {counted(found.kept_instead, 'text')} kept all the same: a rule drops what stood for them."
    rows = [
        row_of(
            number(count(group.texts), group.texts),
            Cell(group.id, mono=True),
            group.source,
            Cell(group.text, tone="quiet"),
        )
        for group in found.largest
    ]
    titles = ("document kept", "source", "it begins")
    columns = [Column("texts"), *(Column(title, numeric=False, wide=title == titles[-1]) for title in titles)]
    caption = "Different texts of a group, the one kept among them; each is similar enough to the one kept."
    table = Table(columns, rows, caption, fold="The largest groups of near duplicates")
    return [Note(said), table] if rows else [Note(said)]


def _dropped_table(dropped: Sequence[Dropped]) -> Table:
    rows = [
        row_of(
            case.reason,
            Cell(case.document.id, mono=True),
            case.document.source,
            Cell(case.document.text, tone="quiet"),
            Cell(case.twin.text if case.twin else EQUAL if case.reason == "duplicate" else "", tone="quiet"),
        )
        for case in dropped
    ]
    titles = ("dropped because", "document", "source", "it begins", "kept instead")
    columns = [Column(title, numeric=False, wide=title in titles[3:]) for title in titles]
    caption = "Up to three documents of each reason, drawn by a hash of their ids; duplicates beside the one kept."
    return Table(columns, rows, caption, fold="Some of the documents that were dropped")


def _quarantine_table(quarantined: Mapping[str, int]) -> Table:
    rows = [row_of(reason, number(count(records), records)) for reason, records in quarantined.items()]
    caption = "A record is a line, a row or a whole file. File, position and detail stand in quarantine.parquet."
    return Table([Column("quarantined because", numeric=False), Column("records")], rows, caption)
