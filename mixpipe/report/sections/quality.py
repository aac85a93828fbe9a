"""Section: how scores are spread inside each domain, and the mean of every measure."""

from collections.abc import Mapping, Sequence

import numpy as np

from mixpipe.report.blocks import Column, Plot, Section, Table, number, row_of
from mixpipe.report.facts import Artefacts
from mixpipe.report.facts.domains import read_domains
from mixpipe.report.facts.scores import Score, read_scores
from mixpipe.report.figures import distributions
from mixpipe.report.numbers import decimal

__all__ = ["quality_section"]

# Drawn when the configured scorers give them; `quality` itself is a rank inside the domain, so equal in all of them.
PANELS = {
    "quality_raw": "quality (blend)",
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
    names = [domain.name for domain in read_domains(artefacts)]
    shown = [name for name in PANELS if name in scores] or list(scores)
    panels = [(PANELS.get(name, name), scores[name].edges, scores[name].counts) for name in shown[:MOST_PANELS]]
    lead = (
        "Every document is measured; only the reasons configured drop one. Each strip is one domain's documents, "
        "scaled to its own peak; what lies beyond the 1st and 99th percentile is in the outer bins."
    )
    return Section("quality", "Quality", lead, [Plot(distributions(names, panels)), _table(names, scores)])


def _table(names: Sequence[str], scores: Mapping[str, Score]) -> Table:
    rows = [
        row_of(measure, *(number(decimal(mean, _digits(score.means)), float(mean)) for mean in score.means))
        for measure, score in scores.items()
    ]
    columns = [Column("mean of", numeric=False), *(Column(name) for name in names)]
    return Table(
        columns,
        rows,
        "Means over the documents of each domain, those that are dropped included.",
        "Mean of every measure by domain",
    )


def _digits(values: np.ndarray) -> int:
    """Return decimals that give three figures at the largest of some values."""
    largest = float(np.abs(values).max(initial=0.0))
    return int(np.clip(2 - np.floor(np.log10(largest)), 0, 6)) if largest > 0 else 1
