"""Section: the mixture beside the natural one, with epochs, caps and the optimum without them."""

from collections.abc import Sequence

from mixpipe.report.blocks import Block, Cell, Column, Note, Plot, Section, Table, number, row_of
from mixpipe.report.canvas import domain_colour
from mixpipe.report.facts import Artefacts
from mixpipe.report.facts.mixture import Mixture, Portion, read_mixture
from mixpipe.report.facts.phases import Phases, read_phases
from mixpipe.report.figures import MOST_ROWS, Bar, mixture_bars
from mixpipe.report.numbers import NOTHING, compact, counted, share, times

__all__ = ["mixture_section"]

NEAR = 0.995  # of the cap: at it, but for rounding to the lattice


def mixture_section(artefacts: Artefacts) -> Section | None:
    """Return the section; None before the search."""
    mixture = read_mixture(artefacts)
    if mixture is None:
        return None
    capped = [portion for portion in mixture.portions if portion.cap < 1 and portion.weight >= NEAR * portion.cap]
    bound = f"{len(capped)} of {len(mixture.portions)} domains are held at it"
    worth = sum(portion.effective_tokens for portion in mixture.portions)
    lead = (
        f"Shares of {compact(mixture.budget_tokens)} tokens. No domain may be read more than "
        f"{times(mixture.max_epochs)}; {bound if capped else 'no domain is held at it'}. "
        f"What is read again teaches less: all in all they are worth {compact(worth)} fresh tokens, by the scaling law "
        "of Muennighoff et al. 2023."
    )
    blocks: list[Block] = [_plot(mixture), _table(mixture.portions)]
    if phases := read_phases(artefacts):
        blocks.append(_phase_table(mixture.portions, phases))
    if mixture.change is not None:
        moved = f"Caps and floors changed no share by more than {share(mixture.change)}."
        blocks.insert(0, Note(f"This mixture was given, not sought. {moved}"))
    return Section("mixture", "Mixture", lead, blocks)


def _plot(mixture: Mixture) -> Plot:
    bars = [
        Bar(
            name=portion.domain.name,
            colour=domain_colour(portion.domain.number),
            natural=portion.domain.share,
            weight=portion.weight,
            cap=portion.cap,
            epochs=portion.epochs,
            unconstrained=portion.unconstrained,
        )
        for portion in mixture.portions
    ]
    least = sorted((max(bar.weight, bar.natural) for bar in bars), reverse=True)[:MOST_ROWS][-1]
    shown = [bar for bar in bars if max(bar.weight, bar.natural) >= least][:MOST_ROWS]
    caption = "Coloured bars: the mixture; grey: natural shares; upright marks: the epoch cap."
    if any(bar.unconstrained is not None for bar in shown):
        caption += " Diamonds: the best mixture without caps and floors, as foreseen."
    if len(shown) < len(bars):
        caption += f" The {len(shown)} largest of {len(bars)} domains are drawn."
    return Plot(mixture_bars(shown, mixture.max_epochs), caption)


def _table(portions: Sequence[Portion]) -> Table:
    heads = ("natural", "mixture", "ratio", "tokens", "epochs", "fresh tokens worth", "cap", "without caps")
    rows = [_row(portion) for portion in portions]
    return Table([Column("domain", numeric=False), *(Column(head) for head in heads)], rows)


def _row(portion: Portion) -> list[Cell]:
    ratio = portion.weight / portion.domain.share if portion.domain.share > 0 else None
    capped = portion.cap < 1 and portion.weight >= NEAR * portion.cap
    free = portion.unconstrained
    return row_of(
        Cell(portion.domain.name, colour=domain_colour(portion.domain.number)),
        number(share(portion.domain.share), portion.domain.share),
        number(share(portion.weight), portion.weight),
        number(times(ratio), ratio),
        number(compact(portion.tokens), portion.tokens),
        number(times(portion.epochs), portion.epochs, tone="bad" if capped else ""),
        number(compact(portion.effective_tokens), portion.effective_tokens),
        number(share(portion.cap) if portion.cap < 1 else NOTHING, portion.cap),
        number(share(free), free),
    )


def _phase_table(portions: Sequence[Portion], found: Phases) -> Table:
    """Return the token shares and the epochs of every domain in every phase."""
    heads = [
        Column(head)
        for phase in found.phases
        for head in (f"{phase.name}, {share(phase.share)} of the budget", f"epochs in {phase.name}")
    ]
    rows = []
    for portion in portions:
        cells = []
        for phase in found.phases:
            weight, epochs = (of.get(portion.domain.number, 0.0) for of in (phase.weights, phase.epochs))
            cells += [number(share(weight), weight), number(times(epochs), epochs)]
        rows.append(row_of(Cell(portion.domain.name, colour=domain_colour(portion.domain.number)), *cells))
    sizes = "; ".join(
        f"{phase.name}: {compact(phase.tokens)} tokens of {counted(phase.documents, 'document')}"
        for phase in found.phases
    )
    reused = counted(found.reused, "document")
    caption = f"{sizes}; {reused} in more than one. Each phase has shards of its own, in the order of their folders."
    fold = f"Token shares and epochs in each of the {len(found.phases)} phases"
    return Table([Column("domain", numeric=False), *heads], rows, caption, fold=fold)
