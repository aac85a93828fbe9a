"""Registry of shard formats: how one shard's rows become a file.

Adding a format is one file beside this one and one line here; tests/contracts/test_formats.py picks it up.
"""

from mixpipe.registry import load_plugin
from mixpipe.shards.formats.protocol import ShardFormat

__all__ = ["FORMATS", "load_format"]

FORMATS = {
    "jsonl": "mixpipe.shards.formats.jsonl:JsonLines",
    "mds": "mixpipe.shards.formats.mds:Mds",
    "parquet": "mixpipe.shards.formats.parquet:Parquet",
    "webdataset": "mixpipe.shards.formats.webdataset:WebDataset",
}


def load_format(name: str) -> ShardFormat:
    """Return the format of that name.

    Raises:
        ConfigError: there is no such format; the message lists those there are.
    """
    chosen: ShardFormat = load_plugin(FORMATS, name, "format")()
    return chosen
