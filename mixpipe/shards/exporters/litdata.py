"""litdata: `CombinedStreamingDataset` with weights, as Python.

A sample is a sequence of shards in the format `litdata`, by `TokensLoader`, or a document of MDS shards.
`iterate_over_all` must be false: with weights it raises. Draws are independent (`random.choices`; read in 0.2.76), and
a pass ends when a domain that is drawn has nothing left: by chance before the planned end, and then the loader starts
again. The simulation is of one pass. litdata 0.2.76 reads MDS only where the index names compressed shards and the
numbers are of 64 bits: the module brings a folder of links with such an index, and a reader of other numbers.
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
    from litdata import CombinedStreamingDataset

    domains = [dataset(path, shuffle) for path in PATHS]
    return CombinedStreamingDataset(domains, seed=SEED, weights=tuple(WEIGHTS), iterate_over_all=False)


def dataset(path, shuffle=True):
    """Return one folder of shards as a streaming data set."""
    from litdata import StreamingDataset, TokensLoader

    if UNIT == "documents":
        numbers = {name: Number(name) for name in ("int32", "float32")}
        return StreamingDataset(linked(path), serializers=numbers, shuffle=shuffle, seed=SEED)
    return StreamingDataset(path, item_loader=TokensLoader(block_size=SEQUENCE_LENGTH), shuffle=shuffle, seed=SEED)


def linked(path):
    """Return a folder of links to MDS shards under an index in which litdata finds them."""
    import json
    import pathlib
    import tempfile

    source, folder = pathlib.Path(path).resolve(), pathlib.Path(tempfile.mkdtemp())
    # the keys of MDS alone: beside them may stand those of litdata's own chunks, which it would read instead
    whole = json.loads((source / "index.json").read_text())
    index = {key: whole[key] for key in ("version", "shards")}
    for shard in index["shards"]:
        shard["zip_data"] = shard["zip_data"] or shard["raw_data"]
        name = shard["zip_data"]["basename"]
        (folder / name).symlink_to(source / name)
    (folder / "index.json").write_text(json.dumps(index))
    return str(folder)


class Number:
    """Reads a number of MDS that litdata has no reader of."""

    def __init__(self, dtype):
        self.dtype = dtype

    def setup(self, data_format):
        """Do nothing: the type is known."""

    def can_serialize(self, value):
        """Say that nothing is written so."""
        return False

    def deserialize(self, data):
        """Return the number."""
        import numpy

        return numpy.frombuffer(data, self.dtype)[0].item()
'''


class LitData:
    """A Python module that loads the mixture."""

    about = About(
        trainer="litdata",
        units=("sequences", "documents"),
        rule=until_one_ends,
        location="{folder}/{id}",
        needs="one folder of each domain in the format litdata, or with --unit documents in the format mds",
        formats=("litdata", "mds"),
        by_unit=True,
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
