"""How a stage is declared: a record of plain functions that know no scheduler.

A stage is one or more steps. A step is a map over parts (`plan` lists them, `run` writes one) and then an optional
reduction (`finish`). Clustering, for instance, is a step that samples every part and whose finish trains the
centroids, then a step that assigns every part. A round of the mixture search is a step whose parts are trials.

Identity against execution: what decides the bytes is in the config, in a part's `identity` or in the inputs'
fingerprints; paths, worker counts, devices, hosts and times never are. Fields of a config that only say where or how
to work are marked `execution_only()`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from mixpipe.store.artefact import Artefact, Counts
from mixpipe.store.fingerprint import Json

__all__ = ["HANDED_DOWN", "Context", "Part", "Stage", "StageConfig", "Step", "Together", "execution_only"]

HANDED_DOWN = ("seed", "budget_tokens", "max_epochs")  # said once at the top of a run's configuration


def execution_only(**kwargs: Any) -> Any:  # noqa: ANN401  mirrors pydantic.Field
    """Declare a field that cannot change the bytes (a path, a batch size): it is left out of identity."""
    return Field(json_schema_extra={"execution_only": True}, **kwargs)


def _without_handed_down(schema: dict[str, Any]) -> None:
    """Take out of a form's required fields those that the run says once for all sections."""
    schema["required"] = [name for name in schema.get("required", []) if name not in HANDED_DOWN]


class StageConfig(BaseModel):
    """Base of every stage's config: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=_without_handed_down)

    def identity(self) -> dict[str, Json]:
        """Return the fields that decide the result, as JSON, of the configs within it likewise."""
        dumped = self.model_dump(mode="json")
        for name, info in type(self).model_fields.items():
            if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("execution_only"):
                dumped.pop(name)
            else:
                dumped[name] = _identity(getattr(self, name), dumped[name])
        return dumped


def _identity(value: object, dumped: Json) -> Json:
    """Return what of a field decides the result: of a config, or of configs by name, their identity."""
    if isinstance(value, StageConfig):
        return value.identity()
    if isinstance(value, Mapping) and isinstance(dumped, Mapping):
        return {name: _identity(item, dumped[name]) for name, item in value.items()}
    return dumped


@dataclass(frozen=True)
class Part:
    """One unit of work.

    Attributes:
        name: prefix of every file that the part writes, unique in its step, e.g. `part-00003-of-00016`.
        spec: what `run` needs to know to do it.
        identity: what decides the part's bytes besides the stage's own config, usually the SHA-256 of the input
            parts. A sealed artefact of the same stage with an equal part gives its files instead of a rerun.
    """

    name: str
    spec: Mapping[str, Json]
    identity: Mapping[str, Json]


@dataclass(frozen=True)
class Context:
    """What a stage's functions see.

    Attributes:
        config: the stage's own config.
        inputs: sealed artefacts of the upstream stages, by stage name.
        out: the folder to write to; files written by finished parts and earlier steps are already there.
        threads: numeric threads per process, fixed so that results do not depend on the machine.
        outside: what `Stage.outside` found when the stage was opened.
    """

    config: Any
    inputs: Mapping[str, Artefact]
    out: Path
    threads: int = 1
    outside: Any = None


@dataclass(frozen=True)
class Together:
    """How several parts are run as one program, where that costs less than one after another.

    Attributes:
        run: writes the files of parts, of each what `Step.run` writes, and returns their counts in the same order.
        size: tells, in the process that runs them, how many parts at most; 1: each by itself.
    """

    run: Callable[[Context, Sequence[Part]], list[Counts]]
    size: Callable[[], int]


@dataclass(frozen=True)
class Step:
    """A map over parts and then an optional reduction.

    Attributes:
        name: unique in its stage, e.g. `sample`, `assign`, `round-2`.
        plan: lists the parts; may read `context.inputs` and what earlier steps wrote.
        run: writes the files of one part, each named `part.name` + a suffix that starts with `.` or `-`, and returns
            counts (summed over parts into the manifest under `<key>`).
        finish: what needs all parts; writes further files and returns counts.
        keep: False when the parts' files serve only later steps of this stage and are removed at sealing.
        stand_in: names the listed file of a sealed artefact that serves in place of one of this step's files which was
            removed at sealing, or None; lets a kept part be taken over without its scratch.
        gpu: the step uses an accelerator when there is one.
        unit: what one part is called on a progress bar.
        together: runs several parts as one program; None: each part is run by itself.
    """

    name: str
    plan: Callable[[Context], list[Part]]
    run: Callable[[Context, Part], Counts]
    finish: Callable[[Context], Counts] | None = None
    keep: bool = True
    stand_in: Callable[[Artefact, str], str | None] | None = None
    gpu: bool = False
    unit: str = "part"
    together: Together | None = None


def _no_outside(config: Any) -> dict[str, Json]:  # noqa: ANN401  any stage's config
    return {}


@dataclass(frozen=True)
class Stage:
    """A stage: name, version, config, upstream stages and steps.

    Attributes:
        name: also the name of its section in the configuration and of its folder in the store.
        version: bumped by hand when the same config would mean different bytes; source code is never hashed.
        config: the frozen pydantic model of its section.
        inputs: names of the upstream stages.
        steps: the steps in order, which may depend on the config (the rounds of a search do).
        outside: identity of what lies outside the store: content digests of input files, of a model's weights.
        scratch: glob patterns of files that are removed at sealing.
    """

    name: str
    version: int
    config: type[StageConfig]
    inputs: tuple[str, ...]
    steps: Callable[[Any], tuple[Step, ...]]
    outside: Callable[[Any], dict[str, Json]] = field(default=_no_outside)
    scratch: tuple[str, ...] = ()
