"""A configuration that keeps what an earlier run has learnt: tokenizer, domains, fitted scorers, mixture."""

from pathlib import Path

from mixpipe.config import RunConfig
from mixpipe.runs.run import load_artefacts

__all__ = ["frozen_config"]

LEARNT = ("ingest", "domains", "scores", "search")


def frozen_config(config: RunConfig, root: Path, name: str) -> RunConfig:
    """Return `config` with what the run `<root>/runs/<name>` has learnt; unchanged when there is no such run."""
    folder = root / "runs" / name
    if not (folder / "run.json").is_file():
        return config
    learnt = load_artefacts(folder)
    if not all(stage in learnt for stage in LEARNT):
        return config
    frozen = {
        "ingest": {"tokenizer": str(learnt["ingest"].file("tokenizer.json").resolve())},
        "domains": {"frozen": str(learnt["domains"].path.resolve())},
        "scores": {"frozen": str(learnt["scores"].path.resolve())},
        "search": {"mixture": str(learnt["search"].file("mixture.json").resolve())},
    }
    sections = {stage: config.section(stage).model_copy(update=update) for stage, update in frozen.items()}
    return config.model_copy(update=sections)
