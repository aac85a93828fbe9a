"""One document's whole story: where from, domain, scores, why it was dropped or kept, copies, shards.

Found by its id (32 hex digits, or the beginning of one), or by the id that it had in the input. Each table is read part
by part with the columns asked for, so memory is that of one part; the cost is a pass over the ids.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixpipe.errors import InputError
from mixpipe.runs.run import load_artefacts
from mixpipe.scores.leak import Leak
from mixpipe.scores.removal import rule_name
from mixpipe.scores.sentences import REPEATED
from mixpipe.shards.formats import load_format
from mixpipe.shards.layout import shard_files
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_arrays, read_json, read_table

__all__ = ["Story", "explain_document"]

FEWEST_DIGITS = 4  # of an id that is not whole
BEGINNING = 200  # characters of the text that are shown
# ends of columns whose numbers stand for names or places: no share lies below them
NAMES = ("_rule", "_set", "_code", "_tier", "_at")
NO_SCORES = ("id", "drop_reason", "twin_id", REPEATED)


class Score(NamedTuple):
    """A score of the document, and the share of its domain's documents that lie below it (none: not known)."""

    value: float
    percentile: float | None


@dataclass(frozen=True)
class Story:
    """What is known of one document; None or empty where a stage has not run.

    Attributes:
        id: 32 hex digits.
        meta: the input's own id and carried columns.
        source: where it is from.
        part: file and row of the documents.
        n_tokens: of the text.
        n_bytes: of the text.
        text: its beginning.
        duplicate: an earlier document has the same text.
        domain: `number`, `name`, `terms`, and `distance` to its centre.
        scores: by column.
        drop_reason: why it is not trained on.
        twin: id of the document kept instead.
        near: size of its group of near duplicates, similarity to the one kept, largest cosine in its cell, share of its
            sentences that a better document has.
        leaks: its stretches that stand in held-out sets: `start` and `end` in characters, `set`, how each begins.
        expected: copies before the draw.
        copies: as drawn.
        phases: copies by name of the phase, in order; empty where the plan has one phase.
        rows: shard and row of each copy.
    """

    id: str
    meta: Mapping[str, Any]
    source: str
    part: str
    n_tokens: int
    n_bytes: int
    text: str
    duplicate: bool
    domain: Mapping[str, Any]
    scores: Mapping[str, Score]
    drop_reason: str | None
    twin: str | None
    near: Mapping[str, Any]
    leaks: tuple[Mapping[str, Any], ...]
    expected: float | None
    copies: int | None
    phases: Mapping[str, int]
    rows: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return the story as JSON values."""
        scores = {name: score._asdict() for name, score in self.scores.items()}
        return {**asdict(self), "scores": scores, "rows": list(self.rows)}

    def lines(self) -> list[str]:
        """Return the story for people."""
        told = [
            ("document", f"{self.id}  {json.dumps(dict(self.meta), ensure_ascii=False)}"),
            ("source", f"{self.source}  ({self.part})"),
            ("text", f"{json.dumps(self.text, ensure_ascii=False)}  {self.n_bytes:,} bytes, {self.n_tokens:,} tokens"),
            ("domain", _domain_line(self.domain)),
            ("twins", _twin_line(self)),
            *(("leak", _leak_line(leak)) for leak in self.leaks),
            ("fate", _fate_line(self)),
            *((name, _score_line(name, score)) for name, score in self.scores.items()),
            *(("shard", row) for row in self.rows),
        ]
        width = max(len(name) for name, _ in told)
        return [f"{name:<{width}}  {value}" for name, value in told if value]


def explain_document(folder: Path, asked: str) -> list[Story]:
    """Return the stories of all documents of that id: equal texts have one id, and the input may use its ids twice.

    Raises:
        InputError: there is none, or the beginning of an id fits several.
        StoreError: this is no run, or a sealed file is damaged.
    """
    artefacts = load_artefacts(folder)
    if "ingest" not in artefacts:
        raise InputError(f"expected a run that has read its documents, found none in {folder}; see mixpipe status")
    places = list(_places(artefacts["ingest"], asked))
    if not places:
        raise InputError(
            f"expected the id of a document, at least the first {FEWEST_DIGITS} digits of one, or its id in the input, "
            f"found {asked!r}, which no document of {folder} has"
        )
    found = {place[2] for place in places}
    if len(found) > 1 and asked not in {own for *_, own in places if own}:
        raise InputError(
            f"expected the beginning of one id, found {asked!r}, which fits {', '.join(sorted(found)[:5])}"
        )
    return [_story(artefacts, part, row) for part, row, _, _ in places]


def _places(ingest: Artefact, asked: str) -> Iterator[tuple[str, int, str, str | None]]:
    """Yield part, row, id and the input's own id of the documents asked for."""
    for name in ingest.names():
        table = read_table(ingest.file(name), ["id", "meta"])
        fits = pc.match_substring(table["meta"], json.dumps(asked, ensure_ascii=False))
        if len(asked) >= FEWEST_DIGITS:
            fits = pc.or_(fits, pc.starts_with(table["id"], asked.lower()))
        for row in np.flatnonzero(fits.to_numpy()).tolist():
            own = json.loads(table["meta"][row].as_py()).get("id")
            text_id = table["id"][row].as_py()
            if own == asked or (len(asked) >= FEWEST_DIGITS and text_id.startswith(asked.lower())):
                yield name, row, text_id, own


def _story(artefacts: Mapping[str, Artefact], part: str, row: int) -> Story:
    document = _row(artefacts, "ingest", part, row)
    assigned, scored = _row(artefacts, "domains", part, row), _row(artefacts, "scores", part, row)
    planned, twins = _row(artefacts, "plan", part, row), _row(artefacts, "duplicates", part, row)
    number = assigned.get("domain")
    return Story(
        id=document["id"],
        meta=json.loads(document["meta"]),
        source=document["source"],
        part=f"{part}, row {row}",
        n_tokens=document["n_tokens"],
        n_bytes=document["n_bytes"],
        text=document["text"][:BEGINNING],
        duplicate=document["duplicate"],
        domain=_domain(artefacts, number, assigned.get("distance")),
        scores=_scores(artefacts, number, scored),
        drop_reason=scored.get("drop_reason"),
        twin=scored.get("twin_id"),
        near={name: value for name, value in _near(twins, scored).items() if value is not None},
        leaks=tuple(_leaks(artefacts["scores"], document["text"])) if scored.get("leak_hits") else (),
        expected=planned.get("expected"),
        copies=planned.get("copies"),
        phases=_phases(artefacts["plan"], planned["copies_by_phase"]) if planned else {},
        rows=tuple(_shard_rows(artefacts, document["id"])) if planned.get("copies") else (),
    )


def _near(twins: Mapping[str, Any], scored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in twins.items() if name not in ("id", "rank")} | {
        REPEATED: scored.get(REPEATED)
    }


def _row(artefacts: Mapping[str, Artefact], stage: str, part: str, row: int) -> dict[str, Any]:
    """Return one row of a stage's table; nothing where the stage has not run."""
    if stage not in artefacts:
        return {}
    found: dict[str, Any] = read_table(artefacts[stage].file(part)).slice(row, 1).to_pylist()[0]
    return found


def _domain(artefacts: Mapping[str, Artefact], number: int | None, distance: float | None) -> dict[str, Any]:
    if number is None:
        return {}
    table = read_table(artefacts["domains"].file("domains.parquet"), ["domain", "name", "terms"])
    chosen = table.filter(pc.equal(table["domain"], pa.scalar(number, pa.int32()))).to_pylist()[0]
    return {"number": number, "name": chosen["name"], "terms": chosen["terms"], "distance": distance}


def _scores(artefacts: Mapping[str, Artefact], number: int | None, scored: Mapping[str, Any]) -> dict[str, Score]:
    values = {name: value for name, value in scored.items() if name not in NO_SCORES and value is not None}
    columns = read_json(artefacts["scores"].file("scores.json"))["columns"] if values else {}
    ranked = {name: column for name, column in columns.items() if not name.endswith(NAMES)}
    return {name: Score(value, _percentile(ranked.get(name), number, value)) for name, value in values.items()}


def _percentile(column: Mapping[str, Any] | None, number: int | None, value: float) -> float | None:
    """Return the share of the domain's documents below a value, from its histogram, linear inside a bin."""
    if column is None or number is None:
        return None
    counts = np.array(column["domains"][str(number)]["histogram"], np.float64)
    below = np.concatenate([[0.0], np.cumsum(counts)])
    return float(np.interp(value, column["edges"], below) / below[-1]) if below[-1] else None


def _leaks(scores: Artefact, text: str) -> Iterator[dict[str, Any]]:
    """Yield the stretches of a text that stand in held-out sets, found again from what the scorer has learnt."""
    for span in Leak(read_arrays(scores.file("leak.npz"))).spans(text):
        yield {**span._asdict(), "text": text[span.start : span.end][:BEGINNING]}


def _phases(plan: Artefact, copies: list[int]) -> dict[str, int]:
    """Return copies by the name of the phase; nothing where there is one."""
    names = [phase["name"] for phase in read_json(plan.file("mixture.json"))["phases"]]
    return dict(zip(names, copies, strict=True)) if len(names) > 1 else {}


def _shard_rows(artefacts: Mapping[str, Artefact], text_id: str) -> Iterator[str]:
    """Yield shard and row of every copy."""
    if "shards" not in artefacts:
        return
    shards = artefacts["shards"]
    form = load_format(read_json(shards.file("dataset.json"))["formats"][0])
    for name in shard_files(shards, form):
        ids = form.read(shards.file(name), ["id"])["id"]
        yield from (f"{name}, row {row}" for row in np.flatnonzero(pc.equal(ids, text_id).to_numpy()).tolist())


def _domain_line(domain: Mapping[str, Any]) -> str:
    if not domain:
        return ""
    return f"{domain['name']}, {domain['distance']:.3f} from its centre; known by {', '.join(domain['terms'][:6])}"


def _twin_line(story: Story) -> str:
    """Say which documents it is a copy of, or how many are copies of it."""
    near, said = story.near, ["an earlier document has the same text"] if story.duplicate else []
    texts = near.get("near_size", 1)
    if twin := near.get("near_twin"):
        said.append(f"near duplicate of {twin}, similarity {near['near_similarity']:.2f}, in a group of {texts} texts")
    elif texts > 1:
        said.append(f"the one kept of a group of {texts} near duplicates")
    if twin := near.get("semantic_twin"):
        said.append(f"semantic duplicate of {twin}, cosine {near['semantic_similarity']:.3f}")
    elif "semantic_similarity" in near:
        said.append(f"cosine to the nearest of its cell {near['semantic_similarity']:.3f}")
    if share := near.get(REPEATED):
        said.append(f"{share:.0%} of its sentences stand in a better document")
    if {"near_twin", "semantic_twin"} & near.keys() and story.scores and not (story.twin or story.drop_reason):
        said.append("kept in its place, for a rule drops that one")
    return "; ".join(said)


def _leak_line(leak: Mapping[str, Any]) -> str:
    stretch = f"characters {leak['start']:,} to {leak['end']:,} stand in {leak['set']}"
    return f"{stretch}: {json.dumps(leak['text'], ensure_ascii=False)}"


def _fate_line(story: Story) -> str:
    if story.drop_reason:
        kept = f", kept instead: {story.twin}" if story.twin else ""
        return f"dropped: {story.drop_reason}{kept}"
    if story.copies is None:
        return ""
    by_phase = ", ".join(f"{count} in {name}" for name, count in story.phases.items() if count)
    copies = "1 copy" if story.copies == 1 else f"{story.copies} copies"
    drawn = f"{copies} drawn, {story.expected or 0:.2f} expected"
    return f"{drawn}; {by_phase}" if by_phase else drawn


def _score_line(name: str, score: Score) -> str:
    fired = rule_name(name, score.value)
    where = "" if score.percentile is None else f"  above {score.percentile:.0%} of its domain"
    return f"{_figure(score.value)}{where}" if fired is None else f"{_figure(score.value)}  {fired}"


def _figure(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
