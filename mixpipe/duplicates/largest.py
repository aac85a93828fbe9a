"""The end of step `mark`: the largest groups of near duplicates, each with how the text that is kept begins.

What is copied most is a licence, a form or a page that a crawl met a thousand times, and is best judged by reading it.
One pass over the ids. Writes `largest.json`: `id`, `texts` (different ones, the one kept among them), `source`, `text`,
the largest group first.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixpipe.store.artefact import Counts
from mixpipe.store.files import map_array, read_table, write_json
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context

__all__ = ["LARGEST_FILE", "finish_mark"]

LARGEST_FILE = "largest.json"
GROUPS = 10
CHARACTERS = 400  # of a text


def finish_mark(context: Context) -> Counts:
    """Write the largest groups; of equal sizes those of the smallest ids."""
    ids, twins, sizes = (map_array(context.out / f"near-{name}.npy") for name in ("ids", "twins", "sizes"))
    kept = np.flatnonzero((twins == b"") & (sizes > 1))
    order = kept[np.argsort(-sizes[kept], kind="stable")][:GROUPS]  # ids rise
    wanted = {ids[at].decode(): int(sizes[at]) for at in order}
    found: dict[str, dict[str, Json]] = {}
    for name in context.inputs["ingest"].names() if wanted else ():
        path = context.inputs["ingest"].file(name)
        rows = pc.is_in(read_table(path, ["id"])["id"], value_set=pa.array(list(wanted))).to_numpy()
        if rows.any():
            for document in read_table(path, ["id", "source", "text"]).filter(pa.array(rows)).to_pylist():
                found.setdefault(document["id"], {**document, "text": document["text"][:CHARACTERS]})
    write_json(context.out / LARGEST_FILE, [{**found[name], "texts": texts} for name, texts in wanted.items()])
    return {}
