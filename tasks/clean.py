"""Token cleaning of a finished run: the stage that stands outside the story, built like the others.

Its artefact lies in the run's store, so what was interrupted goes on and what is there is not done again.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mixpipe.config import EngineConfig
from mixpipe.errors import ConfigError, InputError
from mixpipe.runs.run import load_artefacts
from mixpipe.shards.cleaning.config import CleaningConfig
from mixpipe.shards.cleaning.labelling import RECORD
from mixpipe.shards.cleaning.stage import CLEANING
from mixpipe.store.artefact import MANIFEST, Artefact
from mixpipe.store.build import finish_step, open_stage
from mixpipe.store.files import copy_file, link_or_copy, read_json
from mixpipe.store.fingerprint import Json
from mixpipe.store.seal import seal
from tasks.bar import bar
from tasks.fanout import fan_out, start_workers, stop_ray

__all__ = ["Cleaned", "clean"]


@dataclass(frozen=True)
class Cleaned:
    """What token cleaning has written.

    Attributes:
        folder: the cleaned training data.
        record: counts, settings and digests of the models.
    """

    folder: Path
    record: Mapping[str, Json]

    def as_json(self) -> dict[str, Json]:
        """Return everything as JSON."""
        return {"folder": str(self.folder), **self.record}

    def lines(self) -> list[str]:
        """Return everything for people."""
        documents, tokens, responses, kept, left = (
            int(str(self.record[name]))
            for name in ("documents", "tokens", "response_tokens", "kept_tokens", "kept_documents")
        )
        return [
            f"{kept:,} of {responses:,} tokens of responses keep their label ({kept / responses:.1%}), of {tokens:,}",
            f"{left:,} of {documents:,} documents have such a token; the others are left out",
            f"wrote {self.folder}/data/**/*.parquet (input_ids, attention_mask, labels) and {RECORD}",
        ]


def clean(folder: Path, config: CleaningConfig, engine: EngineConfig, out: Path) -> Cleaned:
    """Label the tokens of a finished run that are worth learning.

    Args:
        folder: the run.
        config: which tokens those are.
        engine: where the models are run.
        out: where the cleaned data is published: a new folder, or one that was written so before.

    Raises:
        ConfigError: a model cannot be used, the shards hold no texts, or the folder is another's.
        InputError: the run has no shards.
        StageError: a loss is not finite, or there is no response.
    """
    _check_out(out)
    artefacts = load_artefacts(folder)
    if "shards" not in artefacts:
        raise InputError(f"expected a run with training data in {folder}, found none; `mixpipe run` writes it")
    _check_out(out)
    opened = open_stage(folder.resolve().parents[1], CLEANING, config, {"shards": artefacts["shards"]})
    if not isinstance(opened, Artefact):
        for step in opened.steps:
            parts = opened.plan(step)
            pending = opened.pending(step, parts)
            start_workers(engine, step, len(pending))
            done = len(parts) - len(pending)
            with bar(f"cleaning {step.name}", total=len(parts), done=done, unit=step.unit) as tick:
                for _ in fan_out(engine, opened, step, pending):
                    tick()
            finish_step(opened, step)
        opened = seal(opened)
    stop_ray()
    return Cleaned(out, _publish(opened, out))


def _check_out(out: Path) -> None:
    """Check that nothing in the way is lost: `data` and the manifest are replaced."""
    if out.exists() and not (out / RECORD).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(
            f"expected a new or empty folder, or one that holds {RECORD}, at --out ({out}), found something else; "
            "choose another folder"
        )


def _publish(cleaned: Artefact, out: Path) -> Mapping[str, Json]:
    """Link the data and copy its records; return the record.

    The manifest goes first and comes last: it says that the rest is whole. The record, by which the folder is known to
    be ours, comes first, so that what was stopped in the middle goes on.
    """
    (out / MANIFEST).unlink(missing_ok=True)
    copy_file(cleaned.path / RECORD, out / RECORD)
    shutil.rmtree(out / "data", ignore_errors=True)
    for entry in cleaned.manifest.files:
        if entry.name.startswith("data/"):
            link_or_copy(cleaned.path / entry.name, out / entry.name)
    copy_file(cleaned.path / MANIFEST, out / MANIFEST)
    record: Mapping[str, Json] = read_json(out / RECORD)
    return record
