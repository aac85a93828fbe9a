"""Section: what decontamination looked for and what it found, with the stretches that match."""

from collections.abc import Sequence

from mixpipe.report.blocks import Block, Cell, Column, Section, Table, number, row_of
from mixpipe.report.facts import Artefacts
from mixpipe.report.facts.documents import read_removals
from mixpipe.report.facts.examples import Dropped, read_dropped
from mixpipe.report.facts.held_out import HeldOutSet, read_held_out
from mixpipe.report.numbers import count, counted

__all__ = ["held_out_section"]

# The rules of `leak` in their order, and what a document that one flags has of a set.
RULES = {
    "item": "much of an item",
    "text": "much of the document",
    "run": "a page of an item",
    "ngrams": "passages",
    "paragraph": "a paragraph",
}


def held_out_section(artefacts: Artefacts) -> Section | None:
    """Return the section; None before scores, and without the scorer `leak`."""
    sets = read_held_out(artefacts)
    if not sets:
        return None
    items, uncovered = sum(one.items for one in sets), sum(one.uncovered for one in sets)
    flagged = sum(sum(one.flagged.values()) for one in sets)
    lost = sum(n for reasons in read_removals(artefacts).values() for why, n in reasons.items() if _is_leak(why))
    cannot = f" {count(uncovered)} of the items cannot be found: too short, or too common." if uncovered else ""
    lead = (
        f"{counted(items, 'text')} of {counted(len(sets), 'held-out set')} were looked for in every document. "
        f"{counted(flagged, 'document')} share a passage or more with one, {count(lost)} are dropped for it.{cannot}"
    )
    blocks: list[Block] = [_set_table(sets)]
    if matched := [case for case in read_dropped(artefacts) if case.document.spans]:
        blocks.append(_match_table(matched))
    return Section("held-out", "Held-out texts", lead, blocks)


def _is_leak(reason: str) -> bool:
    return reason.partition(":")[0] == "leak"


def _set_table(sets: Sequence[HeldOutSet]) -> Table:
    rules = [rule for rule in RULES if any(rule in one.flagged for one in sets)]
    rows = [
        row_of(
            one.name,
            number(count(one.items), one.items),
            _documents(one.uncovered),
            *(_documents(one.flagged.get(rule, 0)) for rule in rules),
        )
        for one in sets
    ]
    heads = ("items", "cannot be found", *(RULES[rule] for rule in rules))
    named = ", ".join(f"leak:{rule}" for rule in rules)
    caption = (
        f"Documents by what they have of a set: the first of the rules {named} that fires. Which of these drop is set "
        "in scores.drop."
    )
    return Table([Column("held-out set", numeric=False), *(Column(head) for head in heads)], rows, caption)


def _documents(documents: int) -> Cell:
    return number(count(documents), documents, tone="" if documents else "quiet")


def _match_table(matched: Sequence[Dropped]) -> Table:
    rows = [
        row_of(
            case.reason,
            Cell(case.document.id, mono=True),
            case.document.source,
            span.set,
            number(count(span.end - span.start), span.end - span.start),
            Cell(span.text, tone="quiet"),
        )
        for case in matched
        for span in case.document.spans
    ]
    texts = ("dropped because", "document", "source", "stands in")
    columns = [*(Column(title, numeric=False) for title in texts), Column("characters")]
    columns.append(Column("the stretch that matches, its beginning", numeric=False, wide=True))
    caption = "Up to three documents of each reason, and of each the longest stretches that stand in a held-out set."
    return Table(columns, rows, caption)
