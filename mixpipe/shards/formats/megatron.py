"""Megatron `.bin` and `.idx`, version 1: what Megatron-LM, Megatron Bridge, NeMo and GPT-NeoX train from.

One prefix per shard; a sequence is a document, or `sequence_length` tokens, and is a document of its own. The index is
the magic, version 1, the code of the token's type, the number of sequences and that of documents + 1, then the
sequences' lengths in tokens (int32), their places in bytes (int64) and the documents' places in sequences (int64).
Two bytes a token below 65,500 tokens, int32 above, as Megatron decides; readers go by the code. A shard without tokens
is an empty `.bin`, as Megatron's own builder writes it, which its reader cannot map: exports name no such shard.
"""

import struct
from collections.abc import Mapping

import numpy as np

from mixpipe.shards.formats.tokens import DOCUMENTS, TokenFormat, TokenShard, token_dtype

__all__ = ["Megatron"]

MAGIC = b"MMIDIDX\x00\x00"
VERSION = 1
CODES = {2: 8, 4: 4}  # bytes of a token to the code of its type: uint16, int32 (whose bytes are those of uint32)


class Megatron(TokenFormat):
    """One shard as `.bin` and `.idx`."""

    suffix = ".bin"
    beside = (".idx", DOCUMENTS)
    two_bytes = 65_499

    def index_files(self, shard: TokenShard) -> Mapping[str, bytes]:
        """Return the index."""
        size = token_dtype(shard.layout.vocabulary, self.two_bytes).itemsize
        lengths = shard.sequence_lengths()
        places = (np.cumsum(lengths) - lengths) * size
        head = struct.pack("<9sQBQQ", MAGIC, VERSION, CODES[size], len(lengths), len(lengths) + 1)
        arrays = (lengths.astype("<i4"), places.astype("<i8"), np.arange(len(lengths) + 1, dtype="<i8"))
        return {".idx": head + b"".join(array.tobytes() for array in arrays)}
