"""Section: the search's curve with its noise, how well its surrogate foresaw, and what each target is worth."""

from collections.abc import Sequence

from mixpipe.report.blocks import Block, Cell, Column, Note, Plot, Section, Table, number, row_of
from mixpipe.report.facts import Artefacts
from mixpipe.report.facts.search import Search, Target, read_search
from mixpipe.report.numbers import count, decimal, share
from mixpipe.report.search_figures import prediction, search_curve
from mixpipe.report.sentences import UNIT, listed

__all__ = ["search_section"]


def search_section(artefacts: Artefacts) -> Section | None:
    """Return the section; None before the search."""
    search = read_search(artefacts)
    if search is None:
        return None
    lead = (
        f"Small language models were trained on {count(len(search.points))} mixtures and measured on the targets; "
        f"method {search.method}, surrogate {search.surrogate}. The objective is the weighted mean of the targets' "
        f"losses in {UNIT}: lower is better, and a difference below two noise deviations is a tie."
    )
    blocks: list[Block] = []
    if search.points:
        blocks.append(_curve(search))
    blocks.append(_targets(search.targets))
    weak = [target.name for target in search.targets if target.is_weak]
    if weak:
        blocks.append(Note(f"Too noisy to be searched for: {listed(weak)}. Train larger proxies or more seeds.", "bad"))
    blocks += _prediction(search)
    if search.failed:
        blocks.append(Note(f"{count(search.failed)} trials gave no losses and were left out.", "bad"))
    return Section("search", "Search", lead, blocks)


def _curve(search: Search) -> Plot:
    points = search.points
    drawn = search_curve(
        [point.round for point in points],
        [point.objective for point in points],
        noise=search.noise.sd,
        controls=search.controls,
    )
    band = f" Its band is two noise deviations ({decimal(search.noise.sd, 3)} each)." if search.noise.sd else ""
    return Plot(drawn, f"Circles are trials, the line the best so far.{band} Dashed: the controls.")


def _targets(targets: Sequence[Target]) -> Table:
    heads = ("weight", "noise, bits/byte", "95 % limit", "signal / noise", "foreseen, rank correlation")
    rows = [_target(target) for target in targets]
    caption = (
        "Noise is the standard deviation between seeds of one mixture; signal that between mixtures. The rank "
        "correlation is of losses foreseen without the trial with those measured."
    )
    return Table([Column("target", numeric=False), *(Column(head) for head in heads)], rows, caption)


def _target(target: Target) -> list[Cell]:
    noise = target.noise
    return row_of(
        target.name,
        number(share(target.weight), target.weight),
        number(decimal(noise.sd), noise.sd),
        number(decimal(noise.upper), noise.upper),
        number(decimal(noise.snr, 1), noise.snr, tone="bad" if target.is_weak else ""),
        number(decimal(target.rank, 2), target.rank),
    )


def _prediction(search: Search) -> list[Block]:
    pairs = [(point.foreseen, point.objective) for point in search.points if point.foreseen is not None]
    if len(pairs) < 2:
        return []
    foreseen, measured = zip(*pairs, strict=True)
    caption = "Each trial as foreseen without it, against what was measured; the band is two noise deviations."
    return [Plot(prediction(foreseen, measured, search.noise.sd), caption)]
