"""A configuration that keeps what an earlier run has learnt: tokenizer, domains, fitted scorers, mixture."""

from pathlib import Path

from mixpipe.config import RunConfig, load_config
from mixpipe.runs.run import load_artefacts, read_run

__all__ = ["frozen_config", "going_by"]

STORE = "/artifacts/"  # below a root: what follows in a path is a stage, a fingerprint and a file

# Stage -> the setting that takes over what an earlier artefact of it has learnt.
LEARNT = {"ingest": "tokenizer", "domains": "frozen", "scores": "frozen", "search": "mixture"}


def frozen_config(config: RunConfig, root: Path, name: str) -> RunConfig:
    """Return `config` with what the run `<root>/runs/<name>` has learnt; unchanged when it never got that far."""
    folder = root / "runs" / name
    if not (folder / "run.json").is_file():
        return config
    learnt = _learnt(folder)
    sections = {
        stage: config.section(stage).model_copy(update={LEARNT[stage]: place}) for stage, place in learnt.items()
    }
    return config.model_copy(update=sections)


def going_by(folder: Path) -> list[tuple[str, str]]:
    """Return stage and fingerprint of what a run goes by that has not learnt everything itself; none: by nothing."""
    if all(stage in read_run(folder).stages for stage in LEARNT):
        return []
    places = [place.rpartition(STORE)[2].split("/") for place in _before(folder).values() if STORE in place]
    return [(stage, digest) for stage, digest, *_ in places]


def _learnt(folder: Path) -> dict[str, str]:
    """Return stage -> place of what was learnt: by this run, or by the one that a stopped run was going by."""
    artefacts = load_artefacts(folder)
    if all(stage in artefacts for stage in LEARNT):
        places = {"ingest": "tokenizer.json", "search": "mixture.json"}
        return {stage: str((artefacts[stage].path / places.get(stage, "")).resolve()) for stage in LEARNT}
    return {stage: _here(place, folder.resolve().parents[1]) for stage, place in _before(folder).items()}


def _before(folder: Path) -> dict[str, str]:
    asked = load_config(folder / "config.yaml")
    before = {stage: getattr(asked.section(stage), setting) for stage, setting in LEARNT.items()}
    return before if all(before.values()) else {}


def _here(place: str, root: Path) -> str:
    """Return where a place lies in this root that another machine, which began the run, had in its own."""
    is_moved = STORE in place and not Path(place).exists()
    return f"{root}{STORE}{place.rpartition(STORE)[2]}" if is_moved else place
