"""What scorers are fitted on besides the corpus and its targets: texts, a language model, and an earlier search.

Texts are a file or folder of JSONL or Parquet with a column `text`, or of .txt, read in pieces. Those with the
smallest keyed hash are kept, so that the choice depends on no order of files or rows and memory is that of `wanted`
texts; equal texts count once, and each is cut like the sample's. All is known by content, not by path.
"""

import json
from collections.abc import Iterator
from heapq import nsmallest
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from mixpipe.errors import ConfigError, InputError, StoreError
from mixpipe.models.finding import find_model, weights_digest
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.protocol import halves
from mixpipe.scores.sample import CHARACTERS
from mixpipe.store.artefact import Artefact
from mixpipe.store.draws import keyed_uniforms
from mixpipe.store.fingerprint import Json, file_digest, text_id

__all__ = [
    "READ_BY",
    "TRIALS_FILES",
    "check_given",
    "given_digests",
    "given_lines",
    "given_model",
    "given_search",
    "given_texts",
    "names_model",
    "reads_model",
]

TRIALS_FILES = ("trials.parquet", "mixture.json")
READ_BY = {
    "scores.reference": "perplexity",
    "scores.trials": "preselect",
    "scores.bad_words": "bad_words",
    "scores.grader": "grade",
}
ROWS = 1024


def given_texts(path: str, field: str, *, wanted: int, seed: int) -> tuple[list[str], list[str]]:
    """Return at most `wanted` texts and their ids (as of documents with these texts), by rising hash.

    Args:
        path: file or folder.
        field: the setting that names it, for messages.
        wanted: the most texts to keep.
        seed: key of the hash.

    Raises:
        InputError: there is nothing at the path, texts for one half only, or a file of another form.
    """
    drawn: dict[str, tuple[float, str]] = {}
    for file in _files(path, field):
        for texts in _batches(file, field):
            ids = [text_id(text) for text in texts]
            order = keyed_uniforms(ids, f"scores:given:{seed}").tolist()
            drawn.update(zip(ids, zip(order, (text[:CHARACTERS] for text in texts), strict=True), strict=True))
            if len(drawn) > 2 * wanted:
                drawn = dict(nsmallest(wanted, drawn.items(), key=lambda item: (item[1][0], item[0])))
    kept = nsmallest(wanted, drawn.items(), key=lambda item: (item[1][0], item[0]))
    names = [name for name, _ in kept]
    if len(set(halves(names).tolist())) < 2:
        raise InputError(
            f"expected texts for two models at {field} ({path}), found {len(names)} different ones, all in one half; "
            "give more"
        )
    return [text for _, (_, text) in kept], names


def given_lines(path: str, field: str) -> list[str]:
    """Return the different lines of a file or folder, stripped, in rising order.

    Raises:
        InputError: there is no line, nothing at the path, or a file of another form.
    """
    found = set[str]()
    for file in _files(path, field):
        between = "" if file.suffix == ".txt" else "\n"  # a plain text comes in pieces
        found |= {line.strip() for line in between.join(chain.from_iterable(_batches(file, field))).splitlines()}
    if not found - {""}:
        raise InputError(f"expected lines of text at {field} ({path}), found none; correct the path")
    return sorted(found - {""})


def names_model(place: str) -> bool:
    """Tell whether a setting names a language model rather than texts: a folder with config.json, or nothing here."""
    path = Path(place).expanduser()
    return (path / "config.json").is_file() or not path.exists()


def reads_model(config: ScoresConfig) -> bool:
    """Tell whether a configured scorer runs a given model on every document."""
    reference = config.reference if "perplexity" in config.scorers else None
    return "grade" in config.scorers or (reference is not None and names_model(reference))


def given_model(place: str, field: str) -> Path | None:
    """Return the folder of the language model at a setting; None where it names texts.

    Raises:
        ConfigError: the folder holds no weights that are read.
        InputError: there is nothing at the path, and no such model on the hub.
    """
    if not names_model(place):
        return None
    try:
        return find_model(place, field)
    except ConfigError as error:
        if Path(place).expanduser().exists():
            raise
        raise InputError(
            f"expected a file or folder of {', '.join(READERS)} at {field}, or a causal language model (its folder or "
            f"its name on the hub), found {place} neither here nor, if it answers, on the hub; correct the path"
        ) from error


def given_search(folder: str) -> Artefact:
    """Return the finished search at `scores.trials`.

    Raises:
        ConfigError: there is none.
    """
    try:
        found = Artefact.load(Path(folder))
        for name in TRIALS_FILES:
            found.file(name)
    except StoreError as error:
        raise ConfigError(f"expected a finished search at scores.trials ({folder}), found: {error}") from error
    return found


def check_given(config: ScoresConfig) -> None:
    """Check that everything given that a configured scorer reads is there.

    Raises:
        ConfigError: a model or a search is not.
        InputError: texts are not.
    """
    for field, path in _read(config).items():
        if field == "scores.grader":
            find_model(path, field)
        elif field == "scores.trials":
            given_search(path)
        elif field != "scores.reference" or given_model(path, field) is None:
            _files(path, field)


def given_digests(config: ScoresConfig) -> dict[str, Json]:
    """Return the SHA-256 of everything given that a configured scorer reads, by the setting that names it.

    Of texts sorted, without their names.
    """
    return {field: list[Json](_digests(path, field)) for field, path in _read(config).items()}


def _read(config: ScoresConfig) -> dict[str, str]:
    """Return the paths that configured scorers read, by the setting that names each."""
    paths = {
        "scores.reference": config.reference,
        "scores.trials": config.trials,
        "scores.bad_words": config.bad_words,
        "scores.grader": config.grader,
    }
    return {field: path for field, path in paths.items() if path and READ_BY[field] in config.scorers}


def _digests(path: str, field: str) -> list[str]:
    if field == "scores.trials":
        search = given_search(path)
        return [search.digest(name) for name in TRIALS_FILES]
    if field == "scores.grader":
        return [weights_digest(find_model(path, field))]
    if field == "scores.reference" and (model := given_model(path, field)):
        return [weights_digest(model)]
    return sorted(file_digest(file) for file in _files(path, field))


def _files(path: str, field: str) -> list[Path]:
    root = Path(path)
    files = sorted(file for file in root.rglob("*") if file.suffix in READERS) if root.is_dir() else [root]
    if not files or not files[0].is_file() or files[0].suffix not in READERS:
        raise InputError(
            f"expected a file or folder of {', '.join(READERS)} at {field}, found {path}; correct the path"
        )
    return files


def _batches(file: Path, field: str) -> Iterator[list[str]]:
    """Yield the texts of a file, about `ROWS` at a time; rows without a text are left out."""
    try:
        for texts in READERS[file.suffix](file):
            if wrong := [text for text in texts if not isinstance(text, str)]:
                raise TypeError(f"text is {type(wrong[0]).__name__}")
            yield texts
    except (OSError, pa.ArrowInvalid, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"expected a column text in UTF-8 in every row of {file} ({field}), found: {type(error).__name__} {error}"
        ) from error


def _parquet(file: Path) -> Iterator[list[str]]:
    with pq.ParquetFile(file) as table:
        for batch in table.iter_batches(ROWS, columns=["text"]):
            yield [text for text in batch.column("text").to_pylist() if text]


def _json_lines(file: Path) -> Iterator[list[str]]:
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip() and (text := json.loads(line)["text"]):
                # A lone surrogate has no UTF-8 and so no id.
                yield [text.encode("utf-8", "replace").decode("utf-8") if isinstance(text, str) else text]


def _plain(file: Path) -> Iterator[list[str]]:
    with file.open(encoding="utf-8") as handle:
        while text := handle.read(CHARACTERS):
            yield [text]


READERS = {".jsonl": _json_lines, ".parquet": _parquet, ".txt": _plain}
