"""Section: the domains found, as a map and as a table with key terms and examples."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest

import numpy as np

from mixpipe.report.blocks import Block, Cell, Column, Plot, Section, Table, number, row_of
from mixpipe.report.canvas import domain_colour, ratio_colour
from mixpipe.report.domain_map import domain_map
from mixpipe.report.facts import Artefacts
from mixpipe.report.facts.domains import Domain, read_domains
from mixpipe.report.facts.mixture import Mixture, read_mixture
from mixpipe.report.facts.scores import Score, read_scores
from mixpipe.report.numbers import compact, count, decimal, share, times

__all__ = ["domains_section"]

MEANS = {"quality_raw": "mean quality", "classifier": "like the targets"}
RATIOS = (0.25, 0.5, 1.0, 2.0, 4.0)


def domains_section(artefacts: Artefacts) -> Section | None:
    """Return the section; None before domains."""
    domains = read_domains(artefacts)
    if not domains:
        return None
    largest = max(domains, key=lambda domain: domain.share)
    lead = (
        f"{len(domains)} domains over {compact(sum(domain.tokens for domain in domains))} tokens; the largest, "
        f"{largest.name}, holds {share(largest.share)}. Open a row's key terms to read how its most central documents "
        "begin."
    )
    blocks: list[Block] = [_map(domains, read_mixture(artefacts)), _table(domains, read_scores(artefacts))]
    return Section("domains", "Domains", lead, blocks)


def _map(domains: Sequence[Domain], mixture: Mixture | None) -> Plot:
    ratios = None
    if mixture is not None:
        ratios = [p.weight / p.domain.share if p.domain.share > 0 else 1.0 for p in mixture.portions]
    drawn = domain_map(
        [domain.name for domain in domains],
        np.array([domain.place for domain in domains], dtype=np.float64),
        [domain.tokens for domain in domains],
        ratios,
    )
    if ratios is None:
        return Plot(drawn, "Near domains are alike; the area of a circle is its tokens.")
    legend = [(ratio_colour(ratio), f"{times(ratio)} its natural share") for ratio in RATIOS]
    return Plot(drawn, "Near domains are alike; the area of a circle is its tokens, its colour what the mixture "
                "makes of it.", legend)  # fmt: skip


def _table(domains: Sequence[Domain], scores: Mapping[str, Score]) -> Table:
    most = max(domain.share for domain in domains)
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
    ]
    return Table(columns, rows, "Spread is the mean cosine distance of a domain's documents to their centroid.")


def _terms(domain: Domain) -> Cell:
    pairs = zip_longest(domain.examples, domain.medoids, fillvalue="")
    more = tuple(f"{example} ({medoid})" if medoid else example for example, medoid in pairs if example)
    return Cell(", ".join(domain.terms), more=more)
