"""Documents to look at: those at the 1st, 50th and 99th percentile of each score, and some of those dropped.

A number is believed when its examples look right. Percentiles are those of the sample that the scorers were fitted on;
for each, the document of the nearest value is taken, the lowest id among equals. Of every reason the three dropped
documents of the lowest keyed hash are shown, a near or semantic duplicate beside the one that was kept instead, one
that leaks with the longest stretches that stand in a held-out set. One pass over the scores, one over the ids where
there are twins to find; of texts and of stretches only the beginnings are kept.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixpipe.scores.leak import Leak, Span
from mixpipe.scores.protocol import Scorer
from mixpipe.store.draws import keyed_hashes
from mixpipe.store.files import read_table
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context

__all__ = ["PERCENTILES", "gather_examples", "percentile_values"]

PERCENTILES = (1, 50, 99)
DROPPED = 3
CHARACTERS = 600  # of a text: a paragraph or two
SPANS, SPAN_CHARACTERS = 3, 300  # of a document that leaks
LEAK = "leak"  # reasons are the scorer's name, or that and a rule's


class _Place(NamedTuple):
    """Where a document lies: part and row."""

    part: str
    row: int


def percentile_values(values: np.ndarray) -> np.ndarray:
    """Return (3,) float64: the values at `PERCENTILES` of a column (n,); zeros without values."""
    return np.quantile(values, np.array(PERCENTILES) / 100) if len(values) else np.zeros(len(PERCENTILES))


def gather_examples(context: Context, wanted: Mapping[str, np.ndarray], leak: Scorer | None = None) -> dict[str, Json]:
    """Return {`percentiles`: {column: {percentile: example}}, `dropped`: {reason: [example]}}.

    An example has `id`, `source`, `text`, the `value` of a score, in `twin` an example of the document kept, and in
    `spans` what leaks: the longest stretches, in order, each with `start` and `end` in characters, `set` and `text`.

    Args:
        context: of the stage, its parts of scores written.
        wanted: by column the values (3,) at the percentiles.
        leak: the scorer that finds held-out texts, where it is configured.
    """
    nearest: dict[tuple[str, int], tuple[float, str, _Place, float]] = {}
    dropped: dict[str, list[tuple[int, str, _Place, str | None]]] = {}
    for name in context.inputs["ingest"].names():
        table = read_table(context.out / name, ["id", "drop_reason", "twin_id", *wanted])
        ids = table["id"].to_pylist()
        for column, values in wanted.items() if ids else ():
            _nearer(nearest, column, table[column].to_numpy(), values, (name, ids))
        _lowest(dropped, table, name, ids)
    twins = _find(
        context, {twin for rows in dropped.values() for _, text_id, _, twin in rows if twin not in (None, text_id)}
    )
    places = {place for *_, place, _ in (*nearest.values(), *(row for rows in dropped.values() for row in rows))}
    leaking = {place for reason, rows in dropped.items() if _leaks(reason) for _, _, place, _ in rows}
    shown = _beginnings(context, places | set(twins.values()), leaking, leak)
    percentiles: dict[str, dict[str, Json]] = {}
    for (column, percentile), (_, _, place, value) in nearest.items():
        percentiles.setdefault(column, {})[str(percentile)] = {**shown[place], "value": value}
    return {
        "percentiles": percentiles,
        "dropped": {
            reason: [
                {**shown[place], "twin": shown[twins[twin]] if twin in twins else None} for _, _, place, twin in rows
            ]
            for reason, rows in sorted(dropped.items())
        },
    }


def _nearer(
    nearest: dict[tuple[str, int], tuple[float, str, _Place, float]],
    column: str,
    found: np.ndarray,
    values: np.ndarray,
    part: tuple[str, Sequence[str]],
) -> None:
    """Put in the part's document nearest to each percentile where it is nearer than those before."""
    name, ids = part
    for percentile, value in zip(PERCENTILES, values.tolist(), strict=True):
        distances = np.abs(found.astype(np.float64) - value)
        least = float(distances.min())
        row = min(np.flatnonzero(distances == least).tolist(), key=lambda place: ids[place])
        offered = (least, ids[row], _Place(name, row), float(found[row]))
        held = nearest.setdefault((column, percentile), offered)
        nearest[column, percentile] = min(held, offered, key=lambda rank: rank[:2])


def _lowest(
    dropped: dict[str, list[tuple[int, str, _Place, str | None]]], table: pa.Table, name: str, ids: Sequence[str]
) -> None:
    """Put in the part's dropped documents where their hashes are among the lowest of their reason."""
    rows = np.flatnonzero(pc.is_valid(table["drop_reason"]).to_numpy()).tolist()
    hashes = keyed_hashes([ids[row] for row in rows], "scores:examples").tolist()
    for row, key in zip(rows, hashes, strict=True):
        held = dropped.setdefault(table["drop_reason"][row].as_py(), [])
        held.append((key, ids[row], _Place(name, row), table["twin_id"][row].as_py()))
        held.sort(key=lambda offered: offered[:2])
        del held[DROPPED:]


def _find(context: Context, wanted: Iterable[str | None]) -> dict[str | None, _Place]:
    """Return where documents of these ids lie; of equal texts the first."""
    ids = pa.array(sorted(filter(None, wanted)), pa.string())
    found: dict[str | None, _Place] = {}
    for name in context.inputs["ingest"].names() if len(ids) else ():
        column = read_table(context.inputs["ingest"].file(name), ["id"])["id"]
        for row in np.flatnonzero(pc.is_in(column, value_set=ids).to_numpy()).tolist():
            found.setdefault(column[row].as_py(), _Place(name, row))
    return found


def _leaks(reason: str) -> bool:
    return reason.partition(":")[0] == LEAK


def _beginnings(
    context: Context, places: Iterable[_Place], leaking: Collection[_Place], leak: Scorer | None
) -> dict[_Place, dict[str, Json]]:
    """Return id, source and the beginning of the text at each place, and what leaks of those that do."""
    by_part: dict[str, list[int]] = {}
    for place in places:
        by_part.setdefault(place.part, []).append(place.row)
    shown: dict[_Place, dict[str, Json]] = {}
    for name, rows in by_part.items():
        table = read_table(context.inputs["ingest"].file(name), ["id", "source", "text"]).take(sorted(rows))
        for row, document in zip(sorted(rows), table.to_pylist(), strict=True):
            place, text = _Place(name, row), document["text"]
            shown[place] = {**document, "text": text[:CHARACTERS]}
            if isinstance(leak, Leak) and place in leaking:
                shown[place]["spans"] = _longest(leak.spans(text), text)
    return shown


def _longest(spans: Sequence[Span], text: str) -> list[Json]:
    """Return the longest stretches in the order of the text, with how they begin."""
    kept = sorted(sorted(spans, key=lambda span: span.start - span.end)[:SPANS])
    return [{**span._asdict(), "text": text[span.start : span.end][:SPAN_CHARACTERS]} for span in kept]
