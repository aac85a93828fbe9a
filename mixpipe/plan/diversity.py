"""Steps that measure what the plan does to diversity: `diversity.json`.

Each measure (see `mixpipe.diversity`) before, over all eligible documents, and after, over the same weighted by their
copies, in all and by domain. On the documents of the smallest keyed hashes, 20,000 at most, so that memory does not
grow (60 MB of float64 at 384 dimensions); which they are does not depend on the order of files. `null`: no document,
or no copy, of that domain in the sample.
"""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mixpipe.diversity import Moments, centred, coding_rate, matrix_entropy, moments, vendi
from mixpipe.plan.eligible import read_eligible
from mixpipe.store.artefact import Counts
from mixpipe.store.draws import keyed_uniforms
from mixpipe.store.files import read_arrays, read_table, write_arrays, write_json
from mixpipe.store.fingerprint import Json, file_digest
from mixpipe.store.stage import Context, Part, Step
from mixpipe.vectors import vectors_of

__all__ = ["DIVERSITY_FILE", "diversity_step", "finish_diversity", "plan_diversity", "run_diversity"]

DIVERSITY_FILE = "diversity.json"
SAMPLE_DOCUMENTS = 20_000


def diversity_step() -> Step:
    """Return the step, which follows the one that writes copies."""
    return Step("diversity", plan_diversity, run_diversity, finish_diversity, keep=False)


def plan_diversity(context: Context) -> list[Part]:
    """List one part per part of documents, each with the hash below which a document may be in the sample."""
    ingest, embed = context.inputs["ingest"], context.inputs["embed"]
    total = sum(pq.read_metadata(ingest.file(name)).num_rows for name in ingest.names())
    cut = SAMPLE_DOCUMENTS / max(total, 1)
    parts = []
    for name in ingest.names():
        identity: dict[str, Json] = {"copies": file_digest(context.out / name), "embeddings": embed.digest(name)}
        identity |= {"cut": cut, "config": context.config.identity()}
        parts.append(Part("diversity" + Path(name).stem.removeprefix("part"), {"part": name, "cut": cut}, identity))
    return parts


def run_diversity(context: Context, part: Part) -> Counts:
    """Write vectors, domains and copies of a part's sampled documents."""
    name = str(part.spec["part"])
    documents = read_eligible(context, name)
    order = keyed_uniforms(documents.documents["id"].to_pylist(), f"diversity:{context.config.seed}")
    rows = np.flatnonzero(documents.mask & (order < float(str(part.spec["cut"]))))
    copies = read_table(context.out / name, ["copies"])["copies"].to_numpy()
    vectors = vectors_of(read_table(context.inputs["embed"].file(name), ["vector"])["vector"])[rows]
    path = context.out / f"{part.name}.npz"
    write_arrays(path, order=order[rows], domain=documents.domain[rows], copies=copies[rows], vectors=vectors)
    return {}


def finish_diversity(context: Context) -> Counts:
    """Write `diversity.json`."""
    held = [read_arrays(path) for path in sorted(context.out.glob("diversity-*.npz"))]
    sample = {key: np.concatenate([arrays[key] for arrays in held]) for key in held[0]}
    rows = np.argsort(sample["order"], kind="stable")[:SAMPLE_DOCUMENTS]
    domain, copies, vectors = sample["domain"][rows], sample["copies"][rows], sample["vectors"][rows].astype(np.float64)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    names = pq.read_metadata(context.inputs["domains"].file("domains.parquet")).num_rows
    domains: list[Json] = []
    for d in range(names):
        mine = domain == d
        domains.append({"domain": d, **_before_and_after(vectors[mine], copies[mine])})
    record = {"sample": len(rows), **_before_and_after(vectors, copies), "domains": domains}
    write_json(context.out / DIVERSITY_FILE, record)
    return {}


def _before_and_after(vectors: NDArray[np.float64], copies: NDArray[np.int32]) -> dict[str, Json]:
    drawn = copies > 0
    return {
        "corpus": _measures(vectors, np.ones(len(vectors))),
        "plan": _measures(vectors[drawn], copies[drawn].astype(np.float64)),
    }


def _measures(vectors: NDArray[np.float64], weights: NDArray[np.float64]) -> Json:
    if not len(vectors):
        return None
    plain: Moments = moments(vectors, weights)
    apart = moments(centred(vectors, weights), weights)
    return {
        "vendi": vendi(plain),
        "vendi_centred": vendi(apart) if apart.gram.any() else 1.0,
        "coding_rate": coding_rate(plain),
        "matrix_entropy": matrix_entropy(apart),
    }
