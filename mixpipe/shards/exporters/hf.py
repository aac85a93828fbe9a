"""Hugging Face `datasets`: `interleave_datasets` with the probability of a document, p_i = (w_i / L_i) / sum.

Given token shares it would be off by the ratio of document lengths. Every domain is repeated without end and the
rows are counted, because `first_exhausted` ends a run early, and `all_exhausted` reads some domains again (and hangs on
a probability of zero: datasets issue 7147). Phases follow one another.
"""

from collections.abc import Mapping

from mixpipe.shards.exporters.blend import Blend
from mixpipe.shards.exporters.draws import at_random
from mixpipe.shards.exporters.literals import python_text, python_values
from mixpipe.shards.exporters.protocol import About, Settings, Weights
from mixpipe.store.fingerprint import Json

__all__ = ["HuggingFace"]

COMMENT = "The training data in its mixture: load() gives one iterable data set."
CODE = '''
def load(form="parquet", buffer=10_000):
    """Return the documents of all phases in order; domains are shuffled in a buffer and repeated."""
    from datasets import concatenate_datasets, interleave_datasets, load_dataset

    phases = []
    for paths, probabilities, rows in PHASES:
        domains = [
            load_dataset(form, data_files=path, split="train", streaming=True)
            .shuffle(seed=SEED, buffer_size=buffer)
            .repeat(None)
            for path in paths
        ]
        mixed = interleave_datasets(
            domains, probabilities=probabilities, seed=SEED, stopping_strategy="first_exhausted"
        )
        phases.append(mixed.take(rows))
    return phases[0] if len(phases) == 1 else concatenate_datasets(phases)
'''


class HuggingFace:
    """A Python module that loads the mixture."""

    about = About(
        trainer="Hugging Face datasets",
        units=("documents",),
        rule=at_random,
        location="{folder}/{id}/*.parquet",
        needs="Parquet or JSON lines of each domain; the place is a path, a glob or a URL",
        formats=("parquet", "jsonl"),
        phases=True,
    )

    def files(self, blend: Blend, settings: Settings) -> dict[str, str]:
        """Return the module."""
        phases: list[Json] = []
        for phase in blend.phases:
            weights = self.about.weights(phase, settings)
            phases.append([list(weights), list(weights.values()), phase.rows])
        return {"load_mixture.py": python_text(COMMENT, {"SEED": settings.seed, "PHASES": phases}, CODE)}

    def read(self, files: Mapping[str, str]) -> list[Weights]:
        """Return the probabilities of each phase."""
        phases = python_values(files["load_mixture.py"])["PHASES"]
        return [dict(zip(paths, probabilities, strict=True)) for paths, probabilities, _rows in phases]
