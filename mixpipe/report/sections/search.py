"""Section: the search's curve with its noise, how well its surrogate foresaw, and what each target is worth."""

from collections.abc import Sequence

from mixpipe.report.blocks import Block, Cell, Column, Note, Plot, Section, Table, number, row_of
from mixpipe.report.facts import Artefacts
from mixpipe.report.facts.search import Search, Target, read_search
from mixpipe.report.numbers import NOTHING, counted, decimal, share
from mixpipe.report.search_figures import prediction, search_curve
from mixpipe.report.sentences import OBJECTIVES, UNITS, listed

__all__ = ["search_section"]

MOST_SHOWN = 10  # trials of the Pareto front


def search_section(artefacts: Artefacts) -> Section | None:
    """Return the section; None before the search, and for a given mixture."""
    search = read_search(artefacts)
    if search is None:
        return None
    lead = (
        f"Small language models were trained ({search.trained}) and measured on the targets; method "
        f"{search.method}, surrogate {search.surrogate}. The objective is {OBJECTIVES[search.objective]} in "
        f"{UNITS[search.objective]}: lower is better, and a difference below two noise deviations is a tie."
    )
    blocks: list[Block] = [_curve(search)] if search.points else []
    blocks += [_targets(search.targets), *_notes(search), *_prediction(search), *_front(search), *_finalists(search)]
    return Section("search", "Search", lead, blocks)


def _curve(search: Search) -> Plot:
    points = search.points
    drawn = search_curve(
        [point.round for point in points],
        [point.objective for point in points],
        noise=search.noise.sd,
        natural=search.natural,
    )
    band = f" Its band is two noise deviations, of {decimal(search.noise.sd, 3)} each." if search.noise.sd else ""
    return Plot(drawn, f"Circles are trials, the line the best so far.{band}")


def _notes(search: Search) -> list[Block]:
    weak = [f"{target.name} ({decimal(target.weak, 1)})" for target in search.targets if target.weak is not None]
    notes: list[Block] = []
    if weak:
        text = (
            "Left out of the objective because mixtures move them too little beside the noise (in brackets signal over "
            f"noise after the first round): {listed(weak)}. Train larger proxies, or for longer."
        )
        notes.append(Note(text, "bad"))
    if search.natural_because is not None:
        text = f"The method recommends the natural mixture for want of anything better: {search.natural_because}."
        notes.append(Note(text, "bad"))
    if search.stop is not None:
        text = (
            f"Stopped after {search.stop.round}, {listed(search.skipped)} skipped: the best mixture foreseen is "
            f"{decimal(search.stop.gain, 3)} better than the best measured, which is below two noise deviations, "
            f"{decimal(search.stop.floor, 3)}."
        )
        notes.append(Note(text))
    refusals = [f"{found.refused:,} of {found.drawn:,} for {found.round}" for found in search.drawn if found.refused]
    if refusals:
        text = (
            f"Draws that the method refused, for a share too many times the natural one: {listed(refusals)}. "
            "The more it refuses, the less of the small domains it has tried."
        )
        notes.append(Note(text))
    return notes + [Note(f"{counted(n, 'trial')} left out: {reason}.", "bad") for reason, n in search.refused.items()]


def _targets(targets: Sequence[Target]) -> Table:
    heads = ("weight", "spread", "noise", "at most", "signal / noise", "rank correlation", "screen")
    rows = [_target(target) for target in targets]
    caption = (
        "In bits per byte: spread is the standard deviation over trials, noise that between seeds of one mixture, with "
        "its 95 % upper limit; signal is the deviation between mixtures, the noise taken out. The rank correlation is "
        "of losses foreseen without a trial with those measured in it; "
        "screen says whether one expert per domain helps to foresee."
    )
    return Table([Column("target", numeric=False), *(Column(head) for head in heads)], rows, caption)


def _target(target: Target) -> list[Cell]:
    noise = target.noise
    return row_of(
        target.name,
        number(share(target.weight), target.weight),
        number(decimal(target.scale), target.scale),
        number(decimal(noise.sd), noise.sd),
        number(decimal(noise.upper), noise.upper),
        number(decimal(noise.snr, 1), noise.snr, tone="" if target.weak is None else "bad"),
        number(decimal(target.rank, 2), target.rank),
        number("helps" if target.screened else NOTHING, float(target.screened)),
    )


def _prediction(search: Search) -> list[Block]:
    pairs = [(point.predicted, point.objective) for point in search.points if point.predicted is not None]
    if len(pairs) < 2:
        return []
    predicted, measured = zip(*pairs, strict=True)
    caption = (
        "Each mixture as the surrogate foresaw it from the rounds before, against what was then measured. On the "
        "diagonal it was right; the band is two noise deviations."
    )
    return [Plot(prediction(predicted, measured, search.noise.sd), caption)]


def _front(search: Search) -> list[Block]:
    """Return the Pareto front, the best objective first; nothing of one target, where it is the best trial."""
    targets = [target.name for target in search.targets if target.weight > 0]
    if len(targets) < 2:
        return []
    rows = [
        row_of(
            found.trial,
            number(decimal(found.objective, 2, signed=True), found.objective),
            *(number(decimal(loss), loss) for loss in found.losses),
        )
        for found in search.front[:MOST_SHOWN]
    ]
    shown = f" The {MOST_SHOWN} of the lowest objective are shown." if len(search.front) > MOST_SHOWN else ""
    caption = (
        f"{len(search.front)} of {counted(search.compared, 'trial')} are beaten by no other on every target at once: "
        f"what is better on one of the targets is worse on another. In bits per byte.{shown}"
    )
    return [Table([Column("trial", numeric=False), Column("objective"), *map(Column, targets)], rows, caption)]


def _finalists(search: Search) -> list[Block]:
    if not search.finalists:
        return []
    rows = [
        row_of(Cell(name, tone="good" if name == search.chosen else ""), number(decimal(value, 2, signed=True), value))
        for name, value in search.finalists.items()
    ]
    caption = "The method's candidates, trained again under fresh seeds; the best of these means is the winner."
    return [Table([Column("finalist", numeric=False), Column("objective")], rows, caption)]
