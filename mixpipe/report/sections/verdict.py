"""Section: is the mixture better than the controls, by how much, and on which targets."""

from collections.abc import Sequence

from mixpipe.report.blocks import Block, Cell, Column, Note, Plot, Section, Table, Tone, number, row_of
from mixpipe.report.facts import Artefacts
from mixpipe.report.facts.verdict import Comparison, Verdict, read_verdict
from mixpipe.report.numbers import decimal, interval
from mixpipe.report.search_figures import Interval, forest
from mixpipe.report.sentences import UNIT, decision, verdict_sentences

__all__ = ["verdict_section"]

TONES: dict[str, Tone] = {"better": "good", "worse": "bad", "tied": "quiet", "unknown": "quiet"}


def verdict_section(artefacts: Artefacts) -> Section | None:
    """Return the section; None before the search."""
    verdict = read_verdict(artefacts)
    if verdict is None:
        return None
    lead = (
        "Winner and controls were trained again with fresh seeds and a larger budget, each seed shared by all of them, "
        "so that luck cancels. Right of zero the mixture is better. Better and worse mean more than two standard "
        "errors; the intervals are 95 %."
    )
    tone: Tone = "good" if verdict.wins else "bad"
    blocks: list[Block] = [Note(f"{decision(verdict)}. {' '.join(verdict_sentences(verdict))}", tone)]
    whole = _intervals(list(verdict.objective.values()), by_control=True)
    if whole:
        title = f"Objective: gain in {UNIT}"
        blocks.append(Plot(forest("verdict", {title: whole}), "The objective weighs all targets."))
    panels = {f"against {name}": _intervals(rows, by_control=False) for name, rows in verdict.targets.items()}
    if any(panels.values()):
        caption = "Gain on each target in bits per byte."
        blocks.append(Plot(forest("targets", {name: rows for name, rows in panels.items() if rows}), caption))
    return Section("verdict", "Verdict", lead, [*blocks, _table(verdict)])


def _intervals(rows: Sequence[Comparison], *, by_control: bool) -> list[Interval]:
    return [
        Interval(f"against {row.control}" if by_control else row.measure, row.gain, row.low, row.high, row.word)
        for row in rows
        if row.gain is not None and row.low is not None and row.high is not None
    ]


def _table(verdict: Verdict) -> Table:
    rows = []
    for control, objective in verdict.objective.items():
        rows += [_row(row) for row in (objective, *verdict.targets[control])]
    columns = [Column("against", numeric=False), Column("measured on", numeric=False), Column("verdict", numeric=False)]
    return Table([*columns, Column("gain"), Column("95 % interval"), Column("seeds")], rows)


def _row(row: Comparison) -> list[Cell]:
    return row_of(
        row.control,
        row.measure,
        Cell(row.word, tone=TONES.get(row.word, "")),
        number(decimal(row.gain, signed=True), row.gain),
        number(interval(row.low, row.high, signed=True), row.low),
        number(str(row.seeds), row.seeds),
    )
