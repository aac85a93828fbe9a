"""datatrove `.ds`, which nanotron's Nanoset and datatrove's own dataset train from.

Beside the tokens lie `.ds.index`, where each document ends in tokens (uint64, no count), and `.ds.metadata`: the
tokenizer, here the `tokenizer.json` of the data set's folder, and the bytes of a token; the number of tokens; the same
for people. Readers take windows of sequence + 1 tokens and know the size of a token from their own settings.
"""

from collections.abc import Mapping

import humanize

from mixpipe.shards.formats.tokens import DOCUMENTS, TokenFormat, TokenShard, token_dtype

__all__ = ["TOKENIZER", "Datatrove"]

TOKENIZER = "tokenizer.json"


class Datatrove(TokenFormat):
    """One shard as `.ds`, `.ds.index` and `.ds.metadata`."""

    suffix = ".ds"
    beside = (".ds.index", ".ds.metadata", DOCUMENTS)

    def index_files(self, shard: TokenShard) -> Mapping[str, bytes]:
        """Return the ends of the documents and what the tokens are."""
        count, size = len(shard.ids), token_dtype(shard.layout.vocabulary, self.two_bytes).itemsize
        lines = (f"{TOKENIZER}|{size}", str(count), humanize.metric(count, unit="T"))
        return {".ds.index": shard.ends().astype("<u8").tobytes(), ".ds.metadata": "\n".join(lines).encode("utf-8")}
