"""Step `settle`: who stands in where the document kept instead of others is itself dropped by a rule.

Duplicates are settled before anything is scored, so what was kept may leak or break a rule that its twins do not, and
all of the group would be lost. Of those whose twin is gone and that no rule drops, the one of the lowest rank is kept
instead, their heir. Every other is dropped for it if it is sure to be as similar as asked: 1 - Jaccard is a distance
(Lipkus 1999), so the similarities to the twin bound those to the heir; where they do not reach, it is kept as well. Of
semantic duplicates, whose cosines bound nothing, one heir is kept of each group.

Writes `heirs.parquet` (HEIRS); memory is that of the documents whose twin is gone.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mixpipe.scores.config import DUPLICATES, TWIN_COLUMNS, ScoresConfig
from mixpipe.scores.reading import check_aligned, scorers_of
from mixpipe.scores.removal import drop_reasons
from mixpipe.scores.scoring import scored
from mixpipe.store.artefact import Counts
from mixpipe.store.files import read_table, write_table
from mixpipe.store.stage import Context, Part

__all__ = ["HEIRS_FILE", "dropped", "finish_settle", "heirs", "plan_settle", "run_settle", "twins_of"]

HEIRS_FILE = "heirs.parquet"
SIMILARITIES = {"near-duplicate": "near_similarity", "semantic-duplicate": "semantic_similarity"}

CLAIMS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),  # the kind of duplicate that it is
        pa.field("twin", pa.string(), nullable=True),  # null: only said to be ruled out
        pa.field("similarity", pa.float32(), nullable=True),
        pa.field("rank", pa.uint64(), nullable=False),
        pa.field("ruled_out", pa.bool_(), nullable=False),
    ]
)
HEIRS = pa.schema([CLAIMS.field("id"), CLAIMS.field("reason"), pa.field("twin", pa.string(), nullable=True)])


def plan_settle(context: Context) -> list[Part]:
    """List one part per part of documents; none where no duplicates but exact ones, or nothing else, drop."""
    if not _kinds(context.config) or not _rules(context.config):
        return []
    names = context.inputs["ingest"].names()
    return [Part(file.replace("part", "settle", 1).removesuffix(".parquet"), {"file": file}, {}) for file in names]


def run_settle(context: Context, part: Part) -> Counts:
    """Write the twins of one part's documents, and which documents a rule drops; exact copies as one."""
    file, kinds = str(part.spec["file"]), _kinds(context.config)
    twins = read_table(context.inputs["duplicates"].file(file))
    is_copy = read_table(context.inputs["ingest"].file(file), ["duplicate"])["duplicate"]
    out = dropped(context, file, _rules(context.config), {})
    claims = []
    for reason in kinds:
        twin = twins[TWIN_COLUMNS[reason]]
        chosen = pc.and_not(pc.or_(pc.is_valid(twin), pa.array(out)), is_copy)
        columns = {"id": twins["id"], "reason": pa.array([reason] * len(out)), "twin": twin}
        columns |= {"similarity": twins[SIMILARITIES[reason]], "rank": twins["rank"], "ruled_out": pa.array(out)}
        claims.append(pa.table(columns).filter(chosen).cast(CLAIMS))
    write_table(context.out / f"{part.name}.parquet", pa.concat_tables(claims), CLAIMS)
    return {}


def finish_settle(context: Context) -> Counts:
    """Write the heirs of all documents that are gone."""
    paths = sorted(context.out.glob("settle-*.parquet"))
    claims = pa.concat_tables([CLAIMS.empty_table(), *(read_table(path) for path in paths)])
    gone = claims.filter(claims["ruled_out"])["id"]
    claims = claims.filter(pc.is_in(claims["twin"], value_set=gone, skip_nulls=True))
    kinds = _kinds(context.config)
    found = [_settled(context, claims.filter(pc.equal(claims["reason"], kind)), kind) for kind in kinds]
    table = pa.concat_tables([HEIRS.empty_table(), *found])
    write_table(context.out / HEIRS_FILE, table, HEIRS)
    kept = pc.and_(pc.is_null(table["twin"]), pc.invert(pc.is_in(table["id"], value_set=gone)))
    return {"kept_for_a_twin_dropped": int(pc.sum(kept).as_py() or 0)}


def _read_heirs(context: Context, reason: str) -> pa.Table:
    """Return ids, rising, and twins (null: kept) of the documents of one kind whose twin is gone."""
    table = read_table(context.out / HEIRS_FILE)
    return table.filter(pc.equal(table["reason"], reason)).combine_chunks()


def heirs(
    twins: NDArray[np.bytes_],
    similarities: NDArray[np.floating],
    ranks: NDArray[np.uint64],
    ids: NDArray[np.bytes_],
    least: float,
) -> NDArray[np.bytes_]:
    """Return for whom each document is dropped, (n,) bytes; empty where it is kept.

    Args:
        twins: (n,) ids of those that are gone.
        similarities: (n,) to these.
        ranks: (n,), lower is better; of equal ones the smaller id.
        ids: (n,) of documents that no rule drops, each once.
        least: similarity that another document must be sure to have to its heir.
    """
    order = np.lexsort((ids, ranks, twins))
    _, firsts, group = np.unique(twins[order], return_index=True, return_inverse=True)
    heir = order[firsts[group]]
    is_sure = similarities[order] + similarities[heir] - 1 >= least
    found = np.zeros(len(ids), ids.dtype)
    found[order] = np.where((heir != order) & is_sure, ids[heir], b"")
    return found


def twins_of(context: Context, file: str) -> dict[str, pa.ChunkedArray]:
    """Return the id of the document kept instead, null for none, by the kind of duplicate that the document is."""
    documents = read_table(context.inputs["ingest"].file(file), ["id", "duplicate"])
    found = read_table(context.inputs["duplicates"].file(file), ["id", *TWIN_COLUMNS.values()])
    check_aligned("duplicates", file, found["id"], documents["id"])
    twins = {"duplicate": pc.if_else(documents["duplicate"], documents["id"], None)}
    for reason, name in TWIN_COLUMNS.items():
        settled = _read_heirs(context, reason)
        at = pc.index_in(found["id"], value_set=settled["id"])
        twins[reason] = pc.if_else(pc.is_valid(at), settled["twin"].take(at), found[name])
    return twins


def dropped(
    context: Context, file: str, reasons: Sequence[str], twins: Mapping[str, NDArray[np.bool_]]
) -> NDArray[np.bool_]:
    """Return which of a part's documents are dropped for some reasons, (n,) bool.

    Args:
        context: of the stage, its parts scored.
        file: the part.
        reasons: some of the configured ones.
        twins: (n,) bool by the kind of duplicate, of those among the reasons.
    """
    known = {name: scorer.rules for name, scorer in scorers_of(context.out, context.config.scorers).items()}
    columns = [f"{family}_{rule.measure}" for family, limits in known.items() for rule in limits]
    table = read_table(context.out / scored(file), [*dict.fromkeys(["id", *columns])])
    values = {name: table[name].to_numpy() for name in table.column_names[1:]}
    none = {"duplicate": np.zeros(len(table), bool)}
    return np.array([reason is not None for reason in drop_reasons(reasons, known, values, none | dict(twins))], bool)


def _settled(context: Context, claims: pa.Table, reason: str) -> pa.Table:
    """Return the heirs of one kind."""
    claims = claims.sort_by("id")
    ids = np.array(claims["id"].to_pylist(), "S32")
    is_out = claims["ruled_out"].to_numpy()
    found = np.zeros(len(ids), "S32")
    mine = claims.filter(pc.invert(claims["ruled_out"]))
    found[~is_out] = heirs(
        np.array(mine["twin"].to_pylist(), "S32"),
        mine["similarity"].to_numpy(),
        mine["rank"].to_numpy(),
        ids[~is_out],
        _least(context, reason),
    )
    columns = {"id": ids.astype(str), "reason": [reason] * len(ids), "twin": [name.decode() or None for name in found]}
    return pa.table(columns, schema=HEIRS)


def _least(context: Context, reason: str) -> float:
    config = context.inputs["duplicates"].manifest.identity["config"]
    assert isinstance(config, dict)  # as every stage's
    return float(config["threshold"]) if reason == "near-duplicate" else -np.inf


def _kinds(config: ScoresConfig) -> Sequence[str]:
    return [reason for reason in TWIN_COLUMNS if reason in config.drop]


def _rules(config: ScoresConfig) -> Sequence[str]:
    return [reason for reason in config.drop if reason not in DUPLICATES]
