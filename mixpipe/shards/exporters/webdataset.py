"""WebDataset: `RandomMix` with the probability of a sample, which is a document, as Python.

A mix ends with its first domain, so shards are resampled without end and the samples counted. `RandomMix` draws from
Python's global generator: seed it for a run that repeats.
"""

from collections.abc import Mapping

from mixpipe.shards.exporters.blend import Blend
from mixpipe.shards.exporters.draws import at_random
from mixpipe.shards.exporters.literals import python_text, python_values
from mixpipe.shards.exporters.protocol import About, Settings, Weights

__all__ = ["WebDataset"]

COMMENT = "The training data in its mixture: load() gives one iterable data set."
CODE = '''
def load(buffer=1_000):
    """Return ROWS documents, the shards of each domain in a random order and as often as needed."""
    import webdataset

    domains = [webdataset.WebDataset(url, resampled=True, seed=SEED).shuffle(buffer) for url in PATHS]
    return webdataset.DataPipeline(webdataset.RandomMix(domains, PROBABILITIES)).with_epoch(ROWS)
'''


class WebDataset:
    """A Python module that loads the mixture."""

    about = About(
        trainer="WebDataset",
        units=("documents",),
        rule=at_random,
        location="{folder}/{id}/{shards}.tar",
        needs="tar shards of each domain; the place may have braces, as train-{00000..00041}-of-00042.tar",
        formats=("webdataset",),
    )

    def files(self, blend: Blend, settings: Settings) -> dict[str, str]:
        """Return the module."""
        weights = self.about.weights(blend.whole, settings)
        values = {
            "SEED": settings.seed,
            "ROWS": blend.whole.rows,
            "PATHS": list(weights),
            "PROBABILITIES": list(weights.values()),
        }
        return {"load_mixture.py": python_text(COMMENT, values, CODE)}

    def read(self, files: Mapping[str, str]) -> list[Weights]:
        """Return the probabilities."""
        found = python_values(files["load_mixture.py"])
        return [dict(zip(found["PATHS"], found["PROBABILITIES"], strict=True))]
