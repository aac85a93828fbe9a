"""Section: what decontamination looked for and what it found, with the stretches that match."""

from collections.abc import Sequence

from mixpipe.report.blocks import Block, Cell, Column, Section, Table, number, row_of
from mixpipe.report.facts import Artefacts
from mixpipe.report.facts.examples import Dropped, read_dropped
from mixpipe.report.facts.held_out import HeldOutSet, read_held_out
from mixpipe.report.numbers import count, counted

__all__ = ["held_out_section"]

# The rules of `leak` in their order, and what a document holds that one flags.
RULES = {
    "item": "most of an item",
    "text": "most of the document",
    "ngrams": "passages only",
    "paragraph": "a paragraph only",
}


def held_out_section(artefacts: Artefacts) -> Section | None:
    """Return the section; None before scores, and without the scorer `leak`."""
    sets = read_held_out(artefacts)
    if not sets:
        return None
    items, uncovered = sum(one.items for one in sets), sum(one.uncovered for one in sets)
    flagged = sum(sum(one.flagged.values()) for one in sets)
    lead = (
        f"{counted(items, 'held-out item')} of {counted(len(sets), 'set')} were looked for in every document; "
        f"{counted(flagged, 'document')} met some. {count(uncovered)} of the items are too short or too common to be "
        "found."
    )
    blocks: list[Block] = [_set_table(sets)]
    if matched := [case for case in read_dropped(artefacts) if case.document.spans]:
        blocks.append(_match_table(matched))
    return Section("held-out", "Held-out texts", lead, blocks)


def _set_table(sets: Sequence[HeldOutSet]) -> Table:
    rules = sorted({rule for one in sets for rule in one.flagged}, key=list(RULES).index)
    rows = [
        row_of(
            one.name,
            number(count(one.items), one.items),
            number(count(one.uncovered), one.uncovered, tone="bad" if one.uncovered else ""),
            *(number(count(one.flagged.get(rule, 0)), one.flagged.get(rule, 0)) for rule in rules),
        )
        for one in sets
    ]
    heads = ("items", "cannot be found", *(RULES[rule] for rule in rules))
    caption = (
        f"Documents by what they hold of a set, under the first rule of {', '.join(rules)} that fires; `scores.drop` "
        "says which of these drop."
    )
    return Table([Column("held-out set", numeric=False), *(Column(head) for head in heads)], rows, caption)


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
