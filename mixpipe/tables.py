"""Every Arrow schema that one stage writes and another reads.

Parts are aligned by row: row r of a part of embeddings, assignments, scores or plan is row r of the part of documents
with the same name. `id` is the BLAKE2b-128 of the text, so equal texts have equal ids; `duplicate` marks all but the
first of them, in the order of the input files.
"""

import pyarrow as pa

__all__ = [
    "ASSIGNMENTS",
    "DOCUMENTS",
    "DOMAINS",
    "ENCODED",
    "OTHER_SOURCES",
    "PLAN",
    "QUARANTINE",
    "SHARDS",
    "TRIALS",
    "TWINS",
    "embeddings_schema",
    "scores_schema",
]

OTHER_SOURCES = "(other)"  # in records by source: all beyond the most that such a record lists

DOCUMENTS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),  # where from: the mapped column, else the file's name
        pa.field("n_bytes", pa.int64(), nullable=False),  # UTF-8 bytes of the text
        pa.field("n_tokens", pa.int64(), nullable=False),
        pa.field("duplicate", pa.bool_(), nullable=False),
        pa.field("meta", pa.string(), nullable=False),  # JSON object: the input's own id, mapped extra columns
    ]
)

QUARANTINE = pa.schema(
    [
        pa.field("file", pa.string(), nullable=False),  # relative to the input folder, unprintable characters escaped
        pa.field("position", pa.string(), nullable=False),  # `line 12`, `row 7`, or `file` for the whole of it
        pa.field("reason", pa.string(), nullable=False),  # a short stable code, e.g. `invalid-json`
        pa.field("detail", pa.string(), nullable=False),
    ]
)

ASSIGNMENTS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("domain", pa.int32(), nullable=False),
        pa.field("distance", pa.float32(), nullable=False),  # 1 - cosine to the domain's nearest centroid
    ]
)

DOMAINS = pa.schema(
    [
        pa.field("domain", pa.int32(), nullable=False),  # 0..k-1, by falling tokens
        pa.field("name", pa.string(), nullable=False),  # slug of its key terms, unique
        pa.field("terms", pa.list_(pa.string()), nullable=False),  # key terms, best first
        pa.field("documents", pa.int64(), nullable=False),
        pa.field("tokens", pa.int64(), nullable=False),
        pa.field("share", pa.float64(), nullable=False),  # of all tokens
        pa.field("compactness", pa.float64(), nullable=False),  # mean distance of members to their centroid
        pa.field("separation", pa.float64(), nullable=False),  # mean distance of the centroid to the others
        pa.field("x", pa.float64(), nullable=False),  # place on the two-dimensional map
        pa.field("y", pa.float64(), nullable=False),
        pa.field("medoids", pa.list_(pa.string()), nullable=False),  # ids of the most central documents
        pa.field("examples", pa.list_(pa.string()), nullable=False),  # the beginnings of their texts
    ]
)

TWINS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("rank", pa.uint64(), nullable=False),  # of two near duplicates that of the lower rank is kept
        pa.field("near_twin", pa.string(), nullable=True),  # id kept instead of a near duplicate; null: kept, or alone
        pa.field("near_similarity", pa.float32(), nullable=True),  # Jaccard of word 5-grams to its twin
        pa.field("near_size", pa.int32(), nullable=False),  # documents in its group of near duplicates, 1: alone
        pa.field("semantic_twin", pa.string(), nullable=True),  # id kept instead of a semantic duplicate
        pa.field(
            "semantic_similarity", pa.float32(), nullable=True
        ),  # largest cosine to an earlier document of its cell
    ]
)

CHECKPOINT = pa.struct(
    [
        pa.field("tokens", pa.int64(), nullable=False),
        pa.field("target_losses", pa.map_(pa.string(), pa.float64()), nullable=False),  # bits per byte
    ]
)

TRIALS = pa.schema(
    [
        pa.field("trial", pa.string(), nullable=False),  # fingerprint of all that decides the losses
        pa.field("method", pa.string(), nullable=False),
        pa.field("round", pa.string(), nullable=False),  # the step: noise, round-1, ..., final
        pa.field("mixture", pa.list_(pa.float64()), nullable=False),  # token shares by domain, on the lattice
        pa.field("model_size", pa.int64(), nullable=False),  # parameters
        pa.field("tokens", pa.int64(), nullable=False),
        pa.field("seed", pa.int64(), nullable=False),
        pa.field("target_losses", pa.map_(pa.string(), pa.float64()), nullable=False),  # bits per byte
        pa.field("domain_losses", pa.map_(pa.string(), pa.float64()), nullable=False),  # by domain number, as text
        pa.field("status", pa.string(), nullable=False),  # `ok`, or why there are no losses
        pa.field("trajectory", pa.list_(CHECKPOINT), nullable=False),  # earlier checkpoints, by rising tokens
    ]
)

PLAN = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("domain", pa.int32(), nullable=False),
        pa.field("expected", pa.float32(), nullable=False),  # expected copies
        pa.field("copies", pa.int32(), nullable=False),  # in all phases
        pa.field("copies_by_phase", pa.list_(pa.field("element", pa.int32(), nullable=False)), nullable=False),
    ]
)

SHARDS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("domain", pa.int32(), nullable=False),
        pa.field("domain_name", pa.string(), nullable=False),
        pa.field("copy", pa.int32(), nullable=False),  # 0 for the first copy of a document
        pa.field("copies", pa.int32(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("n_tokens", pa.int64(), nullable=False),
        pa.field("quality", pa.float32(), nullable=True),
        pa.field("licence_tier", pa.float32(), nullable=True),  # 1 to 3, see scores/licence.py; null: not looked for
        pa.field("meta", pa.string(), nullable=False),
    ]
)

ENCODED = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("domain", pa.int32(), nullable=False),
        pa.field("copy", pa.int32(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("n_tokens", pa.int64(), nullable=False),  # as ingest counted them: what weights and budgets are in
        pa.field("licence_tier", pa.float32(), nullable=True),  # 1 to 3, see scores/licence.py; null: not looked for
        pa.field(
            "n_encoded", pa.int64(), nullable=False
        ),  # in the shard's tokens, its end token among them; 0: left out
    ]
)


def embeddings_schema(dimensions: int) -> pa.Schema:
    """Return the schema of embeddings: id and a unit vector of `dimensions` float16."""
    vector = pa.list_(pa.field("element", pa.float16(), nullable=False), dimensions)
    return pa.schema([pa.field("id", pa.string(), nullable=False), pa.field("vector", vector, nullable=False)])


def scores_schema(columns: list[str]) -> pa.Schema:
    """Return the schema of scores: id, one float column per scorer, `drop_reason` and `twin_id` (null: none)."""
    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            *(pa.field(name, pa.float32(), nullable=True) for name in columns),
            pa.field("drop_reason", pa.string(), nullable=True),
            pa.field("twin_id", pa.string(), nullable=True),
        ]
    )
