"""A run whose root is a URL: the work is done in a local folder, what is finished is kept at the URL.

    <url>/artifacts/<stage>/<fingerprint>/          every sealed stage (see `store/transfer.py`)
    <url>/runs/<name>/config.yaml run.json          written when the run begins and after every stage
    <url>/runs/<name>/report.html mixture.json      written when it ends
    <url>/runs/<name>/train/                        copies of the shards' objects; manifest.json last

Any machine goes on with a run from the stages that are kept there; parts of a stage that was under way are on the
machine that made them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import NamedTuple

from mixpipe.errors import InputError, MixpipeError
from mixpipe.runs.frozen import going_by
from mixpipe.runs.run import Run, read_run
from mixpipe.store.artefact import MANIFEST
from mixpipe.store.cache import cache_folder, is_remote, working_root
from mixpipe.store.remote import Remote
from mixpipe.store.transfer import artefact_place, fetch, manifest_to_fetch

__all__ = ["EXPLAIN", "EXPORT", "STATUS", "VERIFY", "Wanted", "publish", "run_copy", "send_records", "take_up"]

RECORDS = ("config.yaml", "run.json")
OUTCOME = ("mixture.json", "report.html")
Transfer = Callable[[str, int, Iterator[str]], None]  # runs copies to their end, given a label and their number


class Wanted(NamedTuple):
    """What a command reads of a run: its own files, by patterns, and of stages more than the manifest, by a pattern."""

    files: tuple[str, ...]
    stages: Mapping[str, str] = MappingProxyType({})
    kept: bool = False  # all stages, whose artefacts stay in the run's working folder for the next time


STATUS = Wanted(RECORDS, {"search": "*", "plan": "mixture.json"})
VERIFY = Wanted(("*",), {"plan": "*"})
EXPORT = Wanted(("mixture.json", "dataset.json", "train/dataset.json"))
EXPLAIN = Wanted(RECORDS, kept=True)


def take_up(run: Run, transfer: Transfer) -> None:
    """Bring here what the URL has of a run: its records, and the artefacts that they name or that it goes by."""
    remote = run.store()
    for name in RECORDS:
        if remote.read(f"runs/{run.name}/{name}") is not None:
            remote.get(f"runs/{run.name}/{name}", run.folder / name)
    if (run.folder / "run.json").is_file():
        _fetch_artefacts(remote, run.root, [*run.record().stages.items(), *going_by(run.folder)], transfer)


def send_records(run: Run) -> None:
    """Write what was asked and what is done to the URL."""
    for name in RECORDS:
        run.store().put(run.folder / name, f"runs/{run.name}/{name}")


def publish(run: Run, transfer: Transfer) -> None:
    """Make the finished run's folder at the URL what it is here.

    Training data of an earlier run loses its manifest first, so that no mixture of both looks finished.
    """
    remote, place = run.store(), f"runs/{run.name}"
    shards = run.artefacts().get("shards")
    if shards is not None:
        train = f"{place}/train"
        if remote.read(f"{train}/{MANIFEST}") != (shards.path / MANIFEST).read_bytes():
            names = [*shards.listed, MANIFEST]
            stale = remote.files(train).keys() - {f"{train}/{name}" for name in shards.listed}
            remote.remove(sorted(stale, key=lambda name: name != f"{train}/{MANIFEST}"))
            source = artefact_place("shards", shards.fingerprint)
            transfer("shards publish", len(names), remote.copy_all(source, names, train))
    for name in OUTCOME:
        if (run.folder / name).is_file():
            remote.put(run.folder / name, f"{place}/{name}")
    send_records(run)


@contextmanager
def run_copy(place: str, wanted: Wanted, transfer: Transfer) -> Iterator[Path]:
    """Give the folder of a run: of a URL, a copy of what is wanted until the block ends.

    Args:
        place: `<root>/runs/<name>`, or its `train/`, as a path or a URL.
        wanted: what is copied.
        transfer: runs the copies.

    Raises:
        InputError: there is nothing of that at the URL.
        StoreError: the URL cannot be read, or what is read is damaged.
    """
    if not is_remote(place):
        yield Path(place)
        return
    place = place.rstrip("/")
    remote = Remote(place)
    names = [name for name in remote.files() if any(fnmatchcase(name, pattern) for pattern in wanted.files)]
    if not names:
        raise InputError(f"expected {', '.join(wanted.files)} at {place}, found none; it is <root>/runs/<name>")
    cache_folder().mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=cache_folder(), prefix="look-") as scratch:
        folder = Path(scratch) / "runs" / place.rpartition("/")[2]
        transfer("run fetch", len(names), remote.get_all(names, folder))
        if (folder / "run.json").is_file():
            _copy_artefacts(place, folder, wanted, transfer)
        try:
            yield folder
        except MixpipeError as error:  # of the run, not of a copy that will be gone
            raise type(error)(str(error).replace(str(folder), place)) from error


def _copy_artefacts(place: str, folder: Path, wanted: Wanted, transfer: Transfer) -> None:
    """Bring the artefacts that a copied record names beside the copy; of most their manifest is enough.

    Those that are kept are hashed first, since a run would go on from them; the others are as they are, for `verify`
    to judge.
    """
    remote, root, record = Remote(place.rpartition("/runs/")[0]), folder.parents[1], read_run(folder)
    if wanted.kept:
        kept = working_root(remote.url)
        (kept / "artifacts").mkdir(parents=True, exist_ok=True)
        (root / "artifacts").symlink_to(kept / "artifacts")
        _fetch_artefacts(remote, root, record.stages.items(), transfer)
        return
    for stage, digest in record.stages.items():
        below = artefact_place(stage, digest)
        manifest = [f"{below}/{MANIFEST}"] if remote.read(f"{below}/{MANIFEST}") is not None else []
        listed = remote.files(below) if stage in wanted.stages else manifest
        names = [name for name in listed if name in manifest or fnmatchcase(name, f"{below}/{wanted.stages[stage]}")]
        transfer(f"{stage} fetch", len(names), remote.get_all(names, root))


def _fetch_artefacts(remote: Remote, root: Path, named: Iterable[tuple[str, str]], transfer: Transfer) -> None:
    for stage, digest in named:
        if manifest := manifest_to_fetch(remote, root, stage, digest):
            transfer(f"{stage} fetch", len(manifest.files), fetch(remote, root, manifest))
