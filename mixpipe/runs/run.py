"""A run: a name, a configuration, and which artefacts it is made of.

    <root>/runs/<name>/config.yaml     what was asked, defaults filled in
    <root>/runs/<name>/run.json        stage -> fingerprint, seconds; fingerprint -> seconds; no absolute path
    <root>/runs/<name>/train/          the shards: hard links into the artefact, and copies of its records
    <root>/runs/<name>/report.html mixture.json

Artefacts are shared between runs; a run only points at them.
"""

import io
import shutil
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from ruamel.yaml import YAML

from mixpipe.config import RunConfig
from mixpipe.errors import ConfigError, InputError, StoreError
from mixpipe.stages import STAGES
from mixpipe.store.artefact import MANIFEST, Artefact
from mixpipe.store.cache import is_remote, working_root
from mixpipe.store.files import copy_file, link_or_copy, read_json, write_json, write_text
from mixpipe.store.install import artefact_path
from mixpipe.store.remote import Remote

__all__ = ["Run", "RunRecord", "built_seconds", "check_name", "load_artefacts", "read_run"]


class RunRecord(BaseModel):
    """What run.json holds."""

    model_config = ConfigDict(extra="forbid")
    stages: dict[str, str] = {}
    seconds: dict[str, float] = {}  # wall-clock by stage
    working: dict[str, float] = {}  # of which in the stage's own work, without getting workers or telling Prefect
    built: dict[str, float] = {}  # wall-clock by fingerprint of what this run has built, now or when it ran before


class Run(BaseModel):
    """One run; small and plain, so that it can be the parameter of a flow."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    config: RunConfig
    root: Path
    name: str
    url: str | None = None  # where the root is kept, when it is not of this machine

    @classmethod
    def at(cls, config: RunConfig, root: str, name: str) -> "Run":
        """Return a run under a root that is a path, or a URL for which a local folder is worked in."""
        if not is_remote(root):
            return cls(config=config, root=Path(root), name=name)
        return cls(config=config, root=working_root(root), name=name, url=root.rstrip("/"))

    @property
    def place(self) -> str:
        """Where the run is found: its folder, or its URL."""
        return f"{self.url}/runs/{self.name}" if self.url else str(self.folder)

    def store(self) -> Remote:
        """Return where the root is kept.

        Raises:
            ConfigError: it is kept here.
        """
        if self.url is None:
            raise ConfigError(f"expected a run whose root is a URL, found {self.root}")
        return Remote(self.url)

    @property
    def folder(self) -> Path:
        """Where the run's own files lie."""
        return self.root / "runs" / self.name

    def begin(self) -> None:
        """Write config.yaml and a record that is empty but for what building took.

        Raises:
            ConfigError: the name is no folder name.
            StoreError: the root cannot be written.
        """
        check_name(self.name)
        text = io.StringIO()
        YAML().dump(self.config.model_dump(mode="json"), text)
        write_text(self.folder / "config.yaml", text.getvalue())
        write_json(self.folder / "run.json", RunRecord(built=_built(self.folder)).model_dump())

    def record(self) -> RunRecord:
        """Return what has been done so far."""
        return read_run(self.folder)

    def artefacts(self) -> dict[str, Artefact]:
        """Return the sealed artefacts of the run so far, by stage."""
        return load_artefacts(self.folder)

    def add(self, stage: str, artefact: Artefact, seconds: float, *, built: bool) -> None:
        """Point the run at a sealed artefact of one stage, `built` by it or found in the store."""
        record = self.record()
        if built:
            record.built[artefact.fingerprint] = round(seconds, 3)
        record.stages[stage] = artefact.fingerprint
        record.seconds[stage] = round(seconds, 3)
        write_json(self.folder / "run.json", record.model_dump())

    def add_work(self, stage: str, seconds: float) -> None:
        """Count seconds of a stage's own work."""
        record = self.record()
        record.working[stage] = round(record.working.get(stage, 0.0) + seconds, 3)
        write_json(self.folder / "run.json", record.model_dump())

    def publish(self) -> Path:
        """Link the shards into `train/` and copy their records; return the folder of the training data.

        Records are copied, because people edit small files in place, and a link would lead into the store.
        """
        shards = self.artefacts()["shards"]
        train = self.folder / "train"
        shutil.rmtree(train, ignore_errors=True)
        for name in [*(entry.name for entry in shards.manifest.files), MANIFEST]:
            place = link_or_copy if name.startswith("data/") else copy_file
            place(shards.path / name, train / name)
        copy_file(shards.file("mixture.json"), self.folder / "mixture.json")
        return train


def load_artefacts(folder: Path, load: Callable[[Path], Artefact] = Artefact.load) -> dict[str, Artefact]:
    """Return the sealed artefacts of the run in `<root>/runs/<name>`, in the order of the stages.

    Args:
        folder: the run's folder.
        load: `Artefact.load`, or `Artefact.read` to get artefacts whose files may be damaged.

    Raises:
        InputError: this is no run.
        StoreError: its record is damaged, or an artefact is missing or damaged.
    """
    stages = read_run(folder).stages
    root = folder.resolve().parents[1]
    return {name: load(artefact_path(root, name, stages[name])) for name in STAGES if name in stages}


def built_seconds(root: Path) -> dict[str, float]:
    """Return how long the artefacts of a store took to build, by fingerprint, whichever of its runs built them."""
    records = [_built(path.parent) for path in sorted((root / "runs").glob("*/run.json"))]
    return {fingerprint: seconds for built in records for fingerprint, seconds in built.items()}


def check_name(name: str) -> None:
    """Refuse a run's name that is no folder name.

    Raises:
        ConfigError: with the name.
    """
    if not name or name != Path(name).name or name.startswith("."):
        raise ConfigError(f"expected a plain folder name for --name, found {name!r}")


def read_run(folder: Path) -> RunRecord:
    """Return the record of the run in `<root>/runs/<name>`.

    Raises:
        InputError: this is no run.
        StoreError: its record is damaged.
    """
    path = folder / "run.json"
    if not path.is_file():
        raise InputError(f"expected a run folder with run.json at {folder}, found none; it is <root>/runs/<name>")
    try:
        return RunRecord.model_validate(read_json(path))
    except ValidationError as error:
        raise StoreError(
            f"expected stages and seconds in {path}, found: {' '.join(str(error).split())}; run again"
        ) from error


def _built(folder: Path) -> dict[str, float]:
    """Return what building took in an earlier run in this folder; nothing where there was none that can be read."""
    try:
        return read_run(folder).built
    except (InputError, StoreError):
        return {}
