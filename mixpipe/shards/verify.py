"""Proof that a folder of shards is what was planned: re-hash, re-read, recount.

Every file is hashed against the manifest. Every shard that is whole is read again, in every format: texts against ids,
files of tokens against their documents and indices, neighbours, rows and tokens, in all and in each phase, against
`dataset.json` and `mixture.json` and, when the plan is at hand, copies of every document in every phase (see
`recount.py`). Sums over all shards of a format are compared only when every one of them is whole: a damaged file makes
them all wrong, and its own line says so. Memory: one shard.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from mixpipe.errors import ConfigError, InputError, StoreError
from mixpipe.shards.formats import load_format
from mixpipe.shards.formats.protocol import ShardFormat
from mixpipe.shards.layout import shard_files
from mixpipe.shards.recorded import by_id, domain_problems, mixture_problems, phase_problems
from mixpipe.shards.records import DatasetRecord, ShardEntry, read_record
from mixpipe.shards.recount import Recount
from mixpipe.store.artefact import MANIFEST, Artefact, Manifest
from mixpipe.store.files import json_text
from mixpipe.store.fingerprint import Json, file_digest

__all__ = ["Verification", "verify_run", "verify_shards"]


@dataclass
class Verification:
    """What was found.

    Attributes:
        problems: one line each, `file: what`; none: the data is as planned.
        files: files hashed.
        documents: rows read.
        tokens: of these rows.
        shares: of the tokens by domain id (`d007`), without empty domains.
        phases: rows and tokens by name of the phase, in order; empty where there is but one.
        note: what could not be checked, if anything.
    """

    problems: list[str]
    files: int
    documents: int = 0
    tokens: int = 0
    shares: dict[str, float] = field(default_factory=dict)
    phases: dict[str, tuple[int, int]] = field(default_factory=dict)
    note: str = ""

    def as_json(self) -> dict[str, Json]:
        """Return everything as one JSON object."""
        sums: dict[str, Json] = {"files": self.files, "documents": self.documents, "tokens": self.tokens}
        found: dict[str, Json] = {"problems": list(self.problems), "ok": not self.problems, "note": self.note}
        phases: dict[str, Json] = {
            name: {"documents": rows, "tokens": tokens} for name, (rows, tokens) in self.phases.items()
        }
        return {**sums, "shares": dict(self.shares), "phases": phases, **found}

    def lines(self) -> list[str]:
        """Return what a person reads."""
        counted = f"{self.files} files hashed, {self.documents:,} documents and {self.tokens:,} tokens recounted"
        phases = [
            f"phase {name}: {rows:,} documents, {tokens:,} tokens" for name, (rows, tokens) in self.phases.items()
        ]
        return [counted, *phases, *(self.problems or ["everything is as planned"]), *([self.note] if self.note else [])]


def verify_run(run_dir: Path, artefacts: Mapping[str, Artefact]) -> Verification:
    """Verify the training data in a run's folder against its sealed artefacts.

    Args:
        run_dir: holds `train/` and `mixture.json`.
        artefacts: of the run's stages, by name.

    Raises:
        InputError: the run has no shards yet.
    """
    if "shards" not in artefacts:
        raise InputError(f"expected finished shards in the run {run_dir}, found none; `mixpipe run` goes on with it")
    sealed = artefacts["shards"]
    found = verify_shards(run_dir / "train", manifest=sealed.manifest, plan=artefacts.get("plan"))
    path, label = run_dir / "mixture.json", f"{run_dir.name}/mixture.json"
    if not path.is_file() or file_digest(path) != sealed.digest("mixture.json"):
        found.problems.append(f"{label}: missing, or changed since it was published (SHA-256 differs)")
    if found.documents:
        found.problems += mixture_problems(path, label, None, found.shares)
    return found


def verify_shards(folder: Path, *, manifest: Manifest | None = None, plan: Artefact | None = None) -> Verification:
    """Re-read every shard in a folder and say what is wrong with it.

    Args:
        folder: with `data/`, `dataset.json` and `mixture.json`: a copy, or the artefact itself.
        manifest: as sealed; None: the folder's own `manifest.json`, which needs no store.
        plan: the sealed plan, to recount copies by document; None: recount against `dataset.json` alone.

    Raises:
        StoreError: no manifest is given and the folder has no readable one.
    """
    artefact = Artefact(folder, manifest or read_record(folder / MANIFEST, Manifest))
    found = Verification(artefact.damage(), files=len(artefact.manifest.files))
    damaged = {line.split(":")[0] for line in found.problems}
    found.problems += _manifest_problems(folder / MANIFEST, artefact.manifest)
    try:
        dataset = read_record(folder / "dataset.json", DatasetRecord)
        forms = [load_format(name) for name in dataset.formats]
    except (StoreError, ConfigError) as error:
        found.problems.append(f"dataset.json: unreadable, so nothing was recounted ({error})")
        return found
    if plan is not None and (lines := plan.damage()):
        found.problems += [f"plan: {line}" for line in lines]
        plan = None
    for form in forms:
        _verify_format(found, artefact, form, dataset, plan, damaged)
    return found


def _verify_format(
    found: Verification,
    artefact: Artefact,
    form: ShardFormat,
    dataset: DatasetRecord,
    plan: Artefact | None,
    damaged: set[str],
) -> None:
    """Read the shards of one format, and add what is wrong with them and what they hold, if they are whole."""
    names = shard_files(artefact, form)
    whole = [name for name in names if not damaged & _files(form, name)]
    recount = Recount(len(dataset.phases))
    found.problems += _read_shards(artefact.path, form, dataset, whole, recount)
    if recount.shards < len(names):
        return
    found.documents, found.tokens = recount.rows.total(), recount.tokens.total()
    found.shares = by_id(recount.shares())
    found.problems += domain_problems("dataset.json", dataset.domains, recount.by_domain())
    found.problems += mixture_problems(artefact.path / "mixture.json", "mixture.json", None, found.shares)
    if len(dataset.phases) > 1:
        found.phases = recount.totals([phase.name for phase in dataset.phases])
        found.problems += phase_problems(artefact.path / "mixture.json", dataset, recount)
    if plan is not None:
        shards = partial(_ids, form, dataset, artefact.path, names)
        found.problems += recount.differences(plan, shards)


def _files(form: ShardFormat, name: str) -> set[str]:
    """Return the files of one shard."""
    return {name, *(name.removesuffix(form.suffix) + suffix for suffix in form.beside)}


def _ids(
    form: ShardFormat, dataset: DatasetRecord, folder: Path, names: Sequence[str]
) -> Iterator[tuple[int, pa.Table]]:
    """Yield the phase and the ids of each shard, which do not fit into memory together."""
    yield from ((_phase(dataset, name), form.read(folder / name, ["id"])) for name in names)


def _phase(dataset: DatasetRecord, name: str) -> int:
    """Return the number of the phase whose folder a shard lies in; the first for one in none of them."""
    inside = (number for number, phase in enumerate(dataset.phases) if name.startswith(f"{phase.folder}/"))
    return next(inside, 0)


def _manifest_problems(path: Path, sealed: Manifest) -> Iterator[str]:
    """Yield whether the manifest beside the shards is another than the sealed one, byte by byte, or than it was."""
    if not path.is_file():
        yield f"{MANIFEST}: missing"
    elif path.read_bytes() != json_text(sealed.model_dump(mode="json", exclude_unset=True)).encode("utf-8"):
        yield f"{MANIFEST}: is not the sealed one"
    if sealed.digest and sealed.digest != sealed.content_digest():
        yield f"{MANIFEST}: its digest is not that of its content"


def _read_shards(
    folder: Path, form: ShardFormat, dataset: DatasetRecord, names: list[str], recount: Recount
) -> Iterator[str]:
    """Read whole shards into the recount, yielding what is wrong with each; one that cannot be read is not counted."""
    entries = {entry.path: entry for entry in dataset.files}
    before, folder_before = None, None
    for name in names:
        before = before if folder_before == Path(name).parent else None
        folder_before = Path(name).parent
        try:
            table = form.read(folder / name, [*form.counted, *form.checked, "copy"])
        except StoreError as error:  # as it was sealed: its writer was at fault
            yield f"{name}: unreadable ({error})"
            continue
        recount.add(table, _phase(dataset, name))
        problems = chain(_shard_problems(table, entries.get(name), before), form.problems(folder / name, table))
        yield from (f"{name}: {problem}" for problem in problems)
        before = table["id"][-1].as_py() if table.num_rows else before


def _shard_problems(table: pa.Table, entry: ShardEntry | None, before: str | None) -> Iterator[str]:
    """Yield what is wrong with one shard; `before` is the last id of the shard read before it."""
    ids = table["id"].to_pylist()
    first, last = (ids[0], ids[-1]) if ids else (None, None)
    tokens = pc.sum(table["n_tokens"]).as_py() or 0
    found = {"rows": len(ids), "tokens": tokens, "first_id": first, "last_id": last}
    if "n_encoded" in table.column_names:
        found["encoded_tokens"] = pc.sum(table["n_encoded"]).as_py() or 0
    for key, value in found.items():
        recorded = getattr(entry, key, "no such shard")
        if value != recorded:
            yield f"{key} is {value}, dataset.json says {recorded}"
    repeats = [row for row, (left, right) in enumerate(zip([before, *ids], ids, strict=False)) if left == right]
    if repeats:
        yield f"{len(repeats)} documents follow themselves, first at row {repeats[0]} ({ids[repeats[0]]})"
