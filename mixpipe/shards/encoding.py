"""One shard's documents to tokens, once for all formats of tokens, in bounded memory.

Tokens go to an unnamed file in the stage's folder and are mapped from there, so a shard costs no more memory than its
batches. Long texts are cut where counting cuts them (see `mixpipe/tokenizer.py`): under ingest's own tokenizer a
document has `n_tokens` tokens and the end token. Documents without any token are left out, their end token too.

With a sequence length the tokens of a shard are one stream, cut into sequences of that length; what is left at the end
of a shard, less than one sequence, is dropped. At 256 MiB a shard holds some 60 million tokens, so at a sequence of
8,192 this is one in 10,000 at most.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from tokenizers import Tokenizer

from mixpipe.shards.config import ShardsConfig
from mixpipe.shards.formats.tokens import TokenLayout, TokenShard, token_dtype
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import clear_os_errors
from mixpipe.tables import ENCODED
from mixpipe.tokenizer import encode_texts, end_token, load_tokenizer, tokenizer_json, vocabulary_size

__all__ = ["Encoder", "encoded", "load_encoder"]


class Encoder(NamedTuple):
    """What turns texts into tokens."""

    tokenizer: Tokenizer
    layout: TokenLayout
    json: str


def load_encoder(config: ShardsConfig, ingest: Artefact) -> Encoder:
    """Return the encoder of a configuration: its tokenizer, or the one that the corpus was counted with.

    Raises:
        ConfigError: there is no such tokenizer, or it has no such end token.
    """
    place = config.tokenizer or str(ingest.file("tokenizer.json"))
    tokenizer = load_tokenizer(place)
    end = end_token(tokenizer, config.end_token)
    layout = TokenLayout(vocabulary_size(tokenizer), end, config.sequence_length)
    return Encoder(tokenizer, layout, tokenizer_json(place))


@contextmanager
def encoded(tables: Iterable[pa.Table], encoder: Encoder, folder: Path) -> Iterator[TokenShard]:
    """Encode tables of schema SHARDS, one after another, as one shard that lasts as long as the block.

    Args:
        tables: the rows, in order.
        encoder: of the data set.
        folder: on a disk that has room for the tokens.

    Raises:
        StoreError: it has no room.
    """
    dtype = token_dtype(encoder.layout.vocabulary)
    rows, counts = [], [np.zeros(0, np.int64)]
    # Hidden, should it be seen at all: what a kill leaves of it must not be sealed.
    with clear_os_errors(folder / "tokens"), TemporaryFile(dir=folder, prefix=".tokens-") as scratch:
        for table in tables:
            counts.append(_append(scratch, table["text"].to_pylist(), encoder, dtype))
            rows.append(table.select([name for name in ENCODED.names if name != "n_encoded"]))
        scratch.flush()
        lengths = np.concatenate(counts)
        total = int(lengths.sum())
        ids = np.memmap(scratch, dtype, "r") if total else np.zeros(0, dtype)
        if encoder.layout.sequence_length is not None:
            total -= total % encoder.layout.sequence_length
            lengths = np.diff(np.minimum(np.cumsum(lengths), total), prepend=0)
        documents = pa.concat_tables(rows).append_column("n_encoded", pa.array(lengths)).cast(ENCODED)
        yield TokenShard(ids[:total], documents, encoder.layout)


def _append(
    file: IO[bytes], texts: Sequence[str], encoder: Encoder, dtype: np.dtype[np.unsignedinteger]
) -> NDArray[np.int64]:
    """Append the tokens of texts to a file, the end token after each that has any: (n_texts,) tokens of each."""
    counts = np.zeros(len(texts), np.int64)
    end = np.array([encoder.layout.end], dtype).tobytes()
    before = 0
    for number, ids in encode_texts(encoder.tokenizer, texts):
        if number != before and counts[before]:
            file.write(end)
        file.write(np.array(ids, dtype).tobytes())
        counts[number] += len(ids)
        before = number
    if len(texts) and counts[-1]:
        file.write(end)
    return counts + (counts > 0)
