"""litdata: `CombinedStreamingDataset` with weights, as Python.

A sample is a sequence with `TokensLoader` and a document without. `iterate_over_all` must be false: with weights it
raises. Draws are independent (`random.choices`; read in 0.2.76), and a pass ends when a domain that is drawn has
nothing left: by chance before the planned end, and then the loader starts again. The simulation is of one pass.
"""

from collections.abc import Mapping

from mixpipe.shards.exporters.blend import Blend
from mixpipe.shards.exporters.draws import until_one_ends
from mixpipe.shards.exporters.literals import python_text, python_values
from mixpipe.shards.exporters.protocol import About, Settings, Weights

__all__ = ["LitData"]

COMMENT = "The training data in its mixture: load() gives one streaming data set."
CODE = '''
def load(shuffle=True):
    """Return the domains combined."""
    from litdata import CombinedStreamingDataset, StreamingDataset, TokensLoader

    domains = [
        StreamingDataset(
            path,
            item_loader=TokensLoader(block_size=SEQUENCE_LENGTH) if UNIT == "sequences" else None,
            shuffle=shuffle,
            seed=SEED,
        )
        for path in PATHS
    ]
    return CombinedStreamingDataset(domains, seed=SEED, weights=tuple(WEIGHTS), iterate_over_all=False)
'''


class LitData:
    """A Python module that loads the mixture."""

    about = About(
        trainer="litdata",
        units=("sequences", "documents"),
        rule=until_one_ends,
        location="{folder}/{id}",
        needs="one folder written by litdata.optimize for each domain, or MDS shards",
        formats=("mds",),
    )

    def files(self, blend: Blend, settings: Settings) -> dict[str, str]:
        """Return the module."""
        weights = self.about.weights(blend.whole, settings)
        values = {
            "SEED": settings.seed,
            "UNIT": self.about.unit(settings),
            "SEQUENCE_LENGTH": settings.sequence_length,
            "PATHS": list(weights),
            "WEIGHTS": list(weights.values()),
        }
        return {"load_mixture.py": python_text(COMMENT, values, CODE)}

    def read(self, files: Mapping[str, str]) -> list[Weights]:
        """Return the weights."""
        found = python_values(files["load_mixture.py"])
        return [dict(zip(found["PATHS"], found["WEIGHTS"], strict=True))]
