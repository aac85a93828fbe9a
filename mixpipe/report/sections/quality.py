"""Section: how scores are spread inside each domain, and the mean of every measure."""

from collections.abc import Mapping, Sequence

import numpy as np

from mixpipe.report.blocks import Cell, Column, Plot, Section, Table, number, row_of
from mixpipe.report.canvas import domain_colour
from mixpipe.report.facts import Artefacts
from mixpipe.report.facts.domains import Domain, read_domains
from mixpipe.report.facts.examples import Example, read_percentiles
from mixpipe.report.facts.scores import Score, read_scores
from mixpipe.report.figures import MOST_ROWS, distributions
from mixpipe.report.numbers import decimal

__all__ = ["quality_section"]

# Drawn when the configured scorers give them; `quality_rank` would look alike in all domains.
PANELS = {
    "quality": "quality",
    "classifier": "likeness to the targets",
    "perplexity": "perplexity",
    "samplemix_diversity": "diversity",
}
MOST_PANELS = 3


def quality_section(artefacts: Artefacts) -> Section | None:
    """Return the section; None before scores."""
    scores = read_scores(artefacts)
    if not scores:
        return None
    domains = read_domains(artefacts)
    drawn = domains[:MOST_ROWS]
    panels = [
        (PANELS.get(name, name), scores[name].edges, scores[name].counts[: len(drawn)])
        for name in ([name for name in PANELS if name in scores] or list(scores))[:MOST_PANELS]
    ]
    lead = (
        "Every document is measured; only the reasons configured drop one. Each strip is one domain's documents, "
        "scaled to its own peak; what lies beyond the 1st and 99th percentile is in the outer bins."
    )
    caption = f"The {len(drawn)} largest of {len(domains)} domains are drawn." if len(drawn) < len(domains) else ""
    plot = Plot(distributions([domain.name for domain in drawn], panels), caption)
    return Section("quality", "Quality", lead, [plot, *_examples(artefacts), _table(domains, scores)])


def _examples(artefacts: Artefacts) -> list[Table]:
    """Return the table of documents at the percentiles of each score; none where no score has examples."""
    rows = [
        row_of(
            column,
            number(f"{percentiles} %", float(percentiles.partition(",")[0])),
            number(f"{example.value:.4g}", example.value) if example.value is not None else "",
            example.source,
            Cell(example.text, tone="quiet"),
        )
        for column, by_percentile in read_percentiles(artefacts).items()
        for percentiles, example in _joined(by_percentile).items()
    ]
    titles = [Column("score", numeric=False), Column("percentile"), Column("value"), Column("source", numeric=False)]
    columns = [*titles, Column("beginning of the document", numeric=False, wide=True)]
    caption = (
        "Percentiles over the sample that the scorers were fitted on; `mixpipe explain` tells a document's whole story."
    )
    return (
        [Table(columns, rows, caption, fold="Documents at the 1st, 50th and 99th percentile of each score")]
        if rows
        else []
    )


def _joined(by_percentile: Mapping[str, Example]) -> dict[str, Example]:
    """Return the examples by all percentiles that they stand for: most documents may have one and the same value."""
    named: dict[str, list[str]] = {}
    for percentile, example in by_percentile.items():
        named.setdefault(example.id, []).append(percentile)
    return {", ".join(names): by_percentile[names[0]] for names in named.values()}


def _table(domains: Sequence[Domain], scores: Mapping[str, Score]) -> Table:
    digits = {measure: _digits(score.means) for measure, score in scores.items()}
    rows = [
        row_of(
            Cell(domain.name, colour=domain_colour(domain.number)),
            *(
                number(decimal(float(score.means[domain.number]), digits[measure]), float(score.means[domain.number]))
                for measure, score in scores.items()
            ),
        )
        for domain in domains
    ]
    columns = [Column("mean of", numeric=False), *(Column(measure) for measure in scores)]
    caption = "Means over the documents of each domain, those that are dropped included."
    return Table(columns, rows, caption, fold="Mean of every measure by domain")


def _digits(values: np.ndarray) -> int:
    """Return decimals that give three figures at the largest of some values."""
    largest = float(np.abs(values).max(initial=0.0))
    return int(np.clip(2 - np.floor(np.log10(largest)), 0, 6)) if largest > 0 else 1
