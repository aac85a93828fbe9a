"""Section: the domains found, as a map and as a table with key terms and examples."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

import numpy as np

from mixpipe.report.blocks import Block, Cell, Column, Note, Plot, Section, Table, number, row_of
from mixpipe.report.canvas import domain_colour, ratio_colour
from mixpipe.report.domain_map import domain_map
from mixpipe.report.facts import Artefacts
from mixpipe.report.facts.domains import Domain, Drift, read_domains, read_gate
from mixpipe.report.facts.mixture import Mixture, read_mixture
from mixpipe.report.facts.origins import Origin, Origins, read_origins
from mixpipe.report.facts.scores import Score, read_scores
from mixpipe.report.figures import MOST_ROWS
from mixpipe.report.numbers import compact, count, counted, decimal, share, times

__all__ = ["domains_section"]

MEANS = {"quality": "mean quality", "classifier": "like the targets"}
RULES = {
    "asked": "as asked",
    "given": "given with the input",
    "frozen": "that of an earlier run",
    "steepest fall of merge costs": "chosen where merging further costs most",
}
RATIOS = (0.25, 0.5, 1.0, 2.0, 4.0)


def domains_section(artefacts: Artefacts) -> Section | None:
    """Return the section; None before domains."""
    domains, gate = read_domains(artefacts), read_gate(artefacts)
    if gate is None:
        return None
    largest = max(domains, key=lambda domain: domain.share)
    lead = (
        f"{counted(len(domains), 'domain')} over {compact(sum(domain.tokens for domain in domains))} tokens, their "
        f"number {RULES.get(gate.rule, gate.rule)}. The largest, {largest.name}, holds {share(largest.share)}; their "
        f"evenness is {decimal(gate.entropy, 2)} of 1. Open a row's key terms to read how its most central documents "
        "begin."
    )
    origins = read_origins(artefacts)
    if origins is not None:
        lead += (
            f" How far domains follow sources (NPMI; 0: not at all, 1: each is one): {decimal(origins.association, 2)}."
        )
    blocks: list[Block] = [_map(domains, read_mixture(artefacts)), _table(domains, read_scores(artefacts), origins)]
    if gate.drift is not None:
        blocks.insert(0, Note(_drift(gate.drift)))
    return Section("domains", "Domains", lead, blocks)


def _drift(drift: Drift) -> str:
    text = f"Centroids are those of an earlier run; {counted(drift.new_documents, 'document')} came since."
    if drift.divergence is None:
        return text
    return (
        f"{text} Their shares differ from the earlier ones by {decimal(drift.divergence, 3)} bits of 1, their mean "
        f"distance to a centroid is {decimal(drift.new_distance, 3)} against {decimal(drift.old_distance, 3)}."
    )


def _map(domains: Sequence[Domain], mixture: Mixture | None) -> Plot:
    shown = domains[:MOST_ROWS]  # numbered by falling tokens, so the largest
    ratios = None
    if mixture is not None:
        ratios = [p.weight / p.domain.share if p.domain.share > 0 else 1.0 for p in mixture.portions[: len(shown)]]
    drawn = domain_map(
        [domain.name for domain in shown],
        np.array([domain.place for domain in shown], dtype=np.float64),
        [domain.tokens for domain in shown],
        ratios,
    )
    caption = "Near domains are alike; the area of a circle is its tokens. Circles that would overlap are moved apart."
    if len(shown) < len(domains):
        caption += f" The {len(shown)} largest of {len(domains)} domains are drawn."
    legend = [(ratio_colour(ratio), f"{times(ratio)} its natural share") for ratio in RATIOS]
    return Plot(drawn, caption, legend if ratios is not None else ())


def _table(domains: Sequence[Domain], scores: Mapping[str, Score], origins: Origins | None) -> Table:
    most = max(domain.share for domain in domains)
    largest = [_origin(origin) for origin in origins.largest] if origins is not None else []
    shown = [name for name in MEANS if name in scores]
    rows = [
        row_of(
            Cell(domain.name, colour=domain_colour(domain.number)),
            _terms(domain),
            number(count(domain.documents), domain.documents),
            number(compact(domain.tokens), domain.tokens),
            number(share(domain.share), domain.share, bar=domain.share / most),
            number(decimal(domain.compactness, 3), domain.compactness),
            *(
                number(decimal(scores[name].means[domain.number], 3), scores[name].means[domain.number])
                for name in shown
            ),
            *largest[domain.number : domain.number + 1],
        )
        for domain in domains
    ]
    columns = [
        Column("domain", numeric=False),
        Column("key terms; open for examples", numeric=False, wide=True),
        Column("documents"),
        Column("tokens"),
        Column("share"),
        Column("spread"),
        *(Column(MEANS[name]) for name in shown),
        *([Column("mostly from", numeric=False)] if largest else []),
    ]
    return Table(columns, rows, "Spread is the mean cosine distance of a domain's documents to their centroid.")


def _origin(origin: Origin | None) -> Cell:
    return Cell(f"{origin.source}, {share(origin.share)}" if origin else "")


def _terms(domain: Domain) -> Cell:
    pairs = zip_longest(domain.examples, domain.medoids, fillvalue="")
    more = tuple(f"{example} ({medoid})" if medoid else example for example, medoid in pairs if example)
    return Cell(", ".join(domain.terms), more=more)
