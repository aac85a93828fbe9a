"""Section: is the mixture better than the controls, by how much, and on which targets."""

from collections.abc import Sequence

from mixpipe.report.blocks import Block, Cell, Column, Note, Plot, Section, Table, Tone, number, row_of
from mixpipe.report.facts import Artefacts
from mixpipe.report.facts.verdict import WINNER, Arm, Comparison, Verdict, read_verdict
from mixpipe.report.numbers import decimal, interval, times
from mixpipe.report.search_figures import Interval, forest
from mixpipe.report.sentences import UNITS, decision

__all__ = ["verdict_section"]

TONES: dict[str, Tone] = {"better": "good", "worse": "bad", "tied": "quiet", "unknown": "quiet"}


def verdict_section(artefacts: Artefacts) -> Section | None:
    """Return the section; None before the search, and for a given mixture."""
    verdict = read_verdict(artefacts)
    if verdict is None:
        return None
    lead = (
        "Winner and controls were trained again with fresh seeds and a larger budget, each seed shared by all of them, "
        "so that luck cancels; what noise is left is pooled over all of them. Better and worse mean more than two "
        "standard errors, which with few seeds is a weak claim: where the 95 % interval holds zero, better is only "
        "probable."
    )
    tone: Tone = "good" if verdict.wins else "quiet" if verdict.chosen == WINNER else "bad"
    why = "" if verdict.chosen == WINNER else f": {verdict.reason}"
    blocks: list[Block] = [Note(f"{decision(verdict, None)}{why}.", tone)]
    whole = _intervals(list(verdict.objective.values()), by_control=True)
    if whole:
        title = f"Objective: gain in {UNITS[verdict.kind]}"
        caption = "Right of zero the mixture found is better. Thick: two standard errors; thin: the 95 % interval."
        blocks.append(Plot(forest("verdict", {title: whole}), caption))
    panels = {f"against {name}": _intervals(rows, by_control=False) for name, rows in verdict.targets.items()}
    if any(panels.values()):
        caption = "Gain on each target in bits per byte."
        blocks.append(Plot(forest("targets", {name: rows for name, rows in panels.items() if rows}), caption))
    return Section("verdict", "Verdict", lead, [*blocks, _arms(verdict.arms), _table(verdict)])


def _intervals(rows: Sequence[Comparison], *, by_control: bool) -> list[Interval]:
    found = []
    for row in rows:
        if row.gain is None or row.standard_error is None or row.low is None or row.high is None:
            continue
        label = f"against {row.control}" if by_control else row.measure
        found.append(Interval(label, row.gain, 2 * row.standard_error, row.low, row.high, row.word))
    return found


def _arms(arms: Sequence[Arm]) -> Table:
    targets = list(dict.fromkeys(target for arm in arms for target in arm.losses))
    rows = [
        row_of(
            arm.name,
            number(decimal(arm.objective, 2, signed=True), arm.objective),
            number(decimal(arm.bits), arm.bits),
            *(number(decimal(arm.losses.get(target)), arm.losses.get(target)) for target in targets),
            number(times(arm.most_epochs), arm.most_epochs),
        )
        for arm in arms
    ]
    heads = ("objective", "bits per byte", *targets, "most epochs")
    caption = "Means over the fresh seeds; targets in bits per byte. Lower is better in all of them."
    return Table([Column("trained on", numeric=False), *(Column(head) for head in heads)], rows, caption)


def _table(verdict: Verdict) -> Table:
    rows = []
    for control, objective in verdict.objective.items():
        rows += [_row(row) for row in (objective, *verdict.targets[control])]
    columns = [Column("against", numeric=False), Column("measured on", numeric=False), Column("verdict", numeric=False)]
    heads = [*columns, Column("gain"), Column("95 % interval"), Column("seeds")]
    return Table(heads, rows, fold="All comparisons in figures")


def _row(row: Comparison) -> list[Cell]:
    return row_of(
        row.control,
        row.measure,
        Cell(row.word, tone=TONES.get(row.word, "")),
        number(decimal(row.gain, signed=True), row.gain),
        number(interval(row.low, row.high, signed=True), row.low),
        number(str(row.seeds), row.seeds),
    )
