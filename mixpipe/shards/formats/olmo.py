"""The tokens of OLMo-core and the dolma toolkit: `.npy`, which has no NumPy header, and `.csv.gz`.

The table has no head; a row is a document: its start and end in tokens, its id, its source, its row in the shard.
White space in sources becomes one blank, because readers split the table at line ends, quoted or not.
"""

import csv
import io
from collections.abc import Mapping

import numpy as np
import pyarrow.compute as pc

from mixpipe.shards.formats.tokens import DOCUMENTS, TokenFormat, TokenShard

__all__ = ["Olmo"]


class Olmo(TokenFormat):
    """One shard as `.npy` and `.csv.gz`."""

    suffix = ".npy"
    beside = (".csv.gz", DOCUMENTS)

    def index_files(self, shard: TokenShard) -> Mapping[str, bytes]:
        """Return the table of documents."""
        written, ends = shard.written(), shard.ends()
        starts = np.concatenate([[0], ends[:-1]]) if len(ends) else ends
        sources = (" ".join(source.split()) for source in written["source"].to_pylist())
        rows = np.flatnonzero(pc.greater(shard.documents["n_encoded"], 0).to_numpy())
        text = io.StringIO()
        table = zip(starts.tolist(), ends.tolist(), written["id"].to_pylist(), sources, rows.tolist(), strict=True)
        csv.writer(text, lineterminator="\n").writerows(table)
        return {".csv.gz": text.getvalue().encode("utf-8")}
