import pyarrow as pa
import pytest

from mixpipe.store.fingerprint import text_id
from mixpipe.tables import SHARDS


@pytest.fixture
def rows() -> pa.Table:
    """Thirty documents, one of them with every kind of awkward character."""
    texts = ["\x00 \u2028 \U0001f9ea \r\n \ufeff", *(f"document {number} says little" for number in range(29))]
    document = {"domain": 1, "domain_name": "d", "copy": 0, "copies": 1, "source": "s", "n_tokens": 5, "meta": "{}"}
    found = [
        {"id": text_id(text), "text": text, "quality": 0.1 * (n % 3) or None, **document}
        for n, text in enumerate(texts)
    ]
    return pa.Table.from_pylist(found, schema=SHARDS)
