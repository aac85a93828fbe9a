import numpy as np
import pyarrow as pa
import pytest

from mixpipe.shards.formats.tokens import TokenLayout, TokenShard, token_dtype
from mixpipe.store.fingerprint import text_id
from mixpipe.tables import ENCODED, SHARDS

# Three copies of documents; the second has no tokens. 0 is the end token.
IDS = [7, 8, 9, 0, 300, 0]
LENGTHS = [4, 0, 2]


@pytest.fixture
def rows() -> pa.Table:
    """Thirty documents, one of them with every kind of awkward character."""
    texts = ["\x00 \u2028 \U0001f9ea \r\n \ufeff", *(f"document {number} says little" for number in range(29))]
    document = {"domain": 1, "domain_name": "d", "copy": 0, "copies": 1, "source": "s", "n_tokens": 5, "meta": "{}"}
    found = [
        {"id": text_id(text), "text": text, "quality": 0.1 * (n % 3) or None, "licence_tier": 1 + n % 3, **document}
        for n, text in enumerate(texts)
    ]
    return pa.Table.from_pylist(found, schema=SHARDS)


@pytest.fixture
def make_shard():
    """Makes a shard of three documents, of which the second has no tokens, small enough to write by hand."""

    def made(vocabulary=4096, sequence_length=None):
        rows = [
            {
                "id": name,
                "domain": 0,
                "copy": 0,
                "source": f'a, "b"\nc\x00{name}',
                "n_tokens": max(n - 1, 0),
                "n_encoded": n,
            }
            for name, n in zip("xyz", LENGTHS, strict=True)
        ]
        ids = np.array(IDS, token_dtype(vocabulary))
        return TokenShard(ids, pa.Table.from_pylist(rows, ENCODED), TokenLayout(vocabulary, 0, sequence_length))

    return made


@pytest.fixture
def ids():
    """The tokens of that shard."""
    return IDS
