"""Section: how varied the documents are before the plan and after it, in all and by domain."""

from collections.abc import Sequence

from mixpipe.report.blocks import Cell, Column, Plot, Section, Table, number, row_of
from mixpipe.report.canvas import INK, domain_colour
from mixpipe.report.diversity_figures import Change, changes
from mixpipe.report.facts import Artefacts
from mixpipe.report.facts.diversity import MEASURES, BeforeAfter, Diversity, read_diversity
from mixpipe.report.facts.domains import Domain, read_domains
from mixpipe.report.figures import MOST_ROWS
from mixpipe.report.numbers import counted, decimal, share

__all__ = ["diversity_section"]

TITLES = {
    "vendi": "Vendi score",
    "vendi_centred": "Vendi score, mean taken out",
    "coding_rate": "coding rate, nats",
    "matrix_entropy": "matrix entropy",
}
DIGITS = {"vendi": 1, "vendi_centred": 1, "coding_rate": 2, "matrix_entropy": 3}
DRAWN = ("vendi", "coding_rate", "matrix_entropy")
ALL = "all domains"


def diversity_section(artefacts: Artefacts) -> Section | None:
    """Return the section; None before the plan."""
    diversity = read_diversity(artefacts)
    if diversity is None:
        return None
    domains = read_domains(artefacts)
    lead = (
        f"{_said(diversity.whole)} Measured on the embeddings of {counted(diversity.sample, 'eligible document')}, "
        "before as they are in the corpus and after weighted by the copies that the plan draws."
    )
    return Section("diversity", "Diversity", lead, [_plot(domains, diversity), _table(domains, diversity)])


def _said(whole: BeforeAfter) -> str:
    if whole.corpus is None or whole.plan is None:
        return "The plan draws none of the documents measured."
    before, after = whole.corpus["vendi"], whole.plan["vendi"]
    change = after / before - 1
    verb = "keeps" if abs(change) < 0.005 else "raises" if change > 0 else "lowers"
    held = f"at {decimal(after, 1)}" if verb == "keeps" else f"from {decimal(before, 1)} to {decimal(after, 1)}"
    by = "" if verb == "keeps" else f" ({share(abs(change))})"
    return f"The plan {verb} the effective number of unlike documents, the Vendi score, {held}{by}."


def _plot(domains: Sequence[Domain], diversity: Diversity) -> Plot:
    shown = domains[:MOST_ROWS]
    rows = [diversity.whole, *(diversity.domains[domain.number] for domain in shown)]
    panels = [(TITLES[measure], [_change(row, measure) for row in rows]) for measure in DRAWN]
    colours = [INK, *(domain_colour(domain.number) for domain in shown)]
    caption = (
        "Rings: the corpus; dots: the plan. To the right is more varied. Vendi: effective number of unlike documents; "
        "coding rate: nats to code one; matrix entropy: how evenly they fill the space of the encoder, 0 to 1."
    )
    if len(shown) < len(domains):
        caption += f" The {len(shown)} largest of {len(domains)} domains are drawn."
    return Plot(changes([ALL, *(domain.name for domain in shown)], colours, panels), caption)


def _change(row: BeforeAfter, measure: str) -> Change:
    return Change(*(None if side is None else side[measure] for side in (row.corpus, row.plan)))


def _table(domains: Sequence[Domain], diversity: Diversity) -> Table:
    rows = [
        [Cell(ALL), *_figures(diversity.whole)],
        *(
            [Cell(domain.name, colour=domain_colour(domain.number)), *_figures(diversity.domains[domain.number])]
            for domain in domains
        ),
    ]
    heads = [Column(f"{TITLES[measure]}, {side}") for measure in MEASURES for side in ("before", "after")]
    caption = (
        "Embeddings share a large mean direction, which lowers every score; without it the Vendi score tells more "
        "apart. A dash: no document of the domain is in the sample, or none of those has a copy."
    )
    return Table([Column("domain", numeric=False), *heads], rows, caption, fold="Diversity in figures")


def _figures(row: BeforeAfter) -> list[Cell]:
    found = [(measure, value) for measure in MEASURES for value in _change(row, measure)]
    return row_of(*(number(decimal(value, DIGITS[measure]), value) for measure, value in found))
