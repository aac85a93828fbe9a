"""Registry of shard formats: how one shard's rows become a file, as documents or as tokens.

Adding a format is one file beside this one and one line here; tests/contracts/test_formats.py picks it up.
"""

from collections.abc import Sequence

from mixpipe.registry import load_plugin
from mixpipe.shards.formats.protocol import DocumentFormat
from mixpipe.shards.formats.tokens import TokenFormat

__all__ = ["FORMATS", "check_formats", "load_format"]

FORMATS = {
    "datatrove": "mixpipe.shards.formats.datatrove:Datatrove",
    "jsonl": "mixpipe.shards.formats.jsonl:JsonLines",
    "litdata": "mixpipe.shards.formats.litdata:LitData",
    "mds": "mixpipe.shards.formats.mds:Mds",
    "megatron": "mixpipe.shards.formats.megatron:Megatron",
    "olmo": "mixpipe.shards.formats.olmo:Olmo",
    "parquet": "mixpipe.shards.formats.parquet:Parquet",
    "webdataset": "mixpipe.shards.formats.webdataset:WebDataset",
}


def load_format(name: str) -> DocumentFormat | TokenFormat:
    """Return the format of that name.

    Raises:
        ConfigError: there is no such format; the message lists those there are.
    """
    chosen: DocumentFormat | TokenFormat = load_plugin(FORMATS, name, "format")()
    return chosen


def check_formats(names: Sequence[str]) -> None:
    """Check that these formats can be written.

    Raises:
        ConfigError: there is no such format, or its library is missing.
    """
    for name in names:
        load_format(name).check_library()
