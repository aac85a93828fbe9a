"""The run's configuration: one section per stage, YAML in, unknown keys refused.

Only the corpus, the targets and the token budget have no default. `seed`, `budget_tokens` and `max_epochs` are said
once at the top and handed to every section that has such a field.
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mixpipe.corpus.config import IngestConfig, TargetsConfig
from mixpipe.domains.config import DomainsConfig
from mixpipe.duplicates.config import DuplicatesConfig
from mixpipe.embed.config import EmbedConfig
from mixpipe.errors import ConfigError
from mixpipe.mixture.given import read_given
from mixpipe.plan.config import PlanConfig
from mixpipe.scores.config import ScoresConfig
from mixpipe.search.config import SearchConfig, argument_file
from mixpipe.shards.config import ShardsConfig
from mixpipe.store.cache import is_remote
from mixpipe.store.stage import HANDED_DOWN, StageConfig

__all__ = ["EngineConfig", "RunConfig", "load_config"]

# Settings that may name a file or folder beside the configuration file, or else something on a hub.
PATHS: tuple[tuple[str, ...], ...] = (
    ("ingest", "tokenizer"),
    ("shards", "tokenizer"),
    ("embed", "model"),
    ("domains", "frozen"),
    ("scores", "frozen"),
    ("scores", "reference"),
    ("scores", "trials"),
    ("scores", "bad_words"),
    ("scores", "grader"),
    ("mixture",),
    ("search", "mixture"),
    ("plan", "settings"),
)
FORMS = ("plan", "phases")  # a field of several forms; the step after it in an error's place is the form's tag
KEYS = "expected keys and values, as {key: value}"
WANTED = {"tuple_type": "expected a list in brackets, as [a, b]", "model_type": KEYS, "dict_type": KEYS}


class EngineConfig(BaseModel):
    """Where the work is done; no field changes a result."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["ray", "local"] = Field("ray", description="`local`: in this process, for tests and tiny inputs")
    workers: int | None = Field(None, ge=1, description="worker processes; none: one per core")
    address: str | None = Field(None, description="a running Ray cluster; none: RAY_ADDRESS, else a local one")


def _only_what_has_no_default(schema: dict[str, Any]) -> None:
    """Take out of the form's required fields the sections that are whole once the budget is handed down."""
    schema["required"] = ["ingest", "targets", "budget_tokens"]


class RunConfig(BaseModel):
    """Everything a run is asked to do."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=_only_what_has_no_default)
    ingest: IngestConfig
    targets: TargetsConfig
    budget_tokens: int = Field(gt=0, description="tokens of the training run")
    max_epochs: float = Field(4.0, gt=0, description="the most often that any domain may be repeated")
    seed: int = Field(0, ge=0)
    embed: EmbedConfig = Field(default_factory=EmbedConfig)
    domains: DomainsConfig = Field(default_factory=DomainsConfig)
    duplicates: DuplicatesConfig = Field(default_factory=DuplicatesConfig)
    scores: ScoresConfig = Field(default_factory=ScoresConfig)
    search: SearchConfig
    plan: PlanConfig
    shards: ShardsConfig = Field(default_factory=ShardsConfig)
    engine: EngineConfig = Field(default_factory=EngineConfig)

    @model_validator(mode="before")
    @classmethod
    def _hand_down(cls, values: object) -> object:
        """Give the fields said once at the top to every section that has them."""
        if not isinstance(values, Mapping):
            return values
        filled = dict(values)
        for name, field in cls.model_fields.items():
            section = filled.get(name, {})
            model = field.annotation
            if isinstance(model, type) and issubclass(model, StageConfig) and isinstance(section, Mapping):
                shared = {key: filled[key] for key in HANDED_DOWN if key in filled and key in model.model_fields}
                filled[name] = {**shared, **section}
        search, plan = filled.get("search"), filled.get("plan")
        if isinstance(search, Mapping) and search.get("strata", 1) != 1 and isinstance(plan, Mapping):
            filled["plan"] = {
                "maker": "strata",
                **plan,
            }  # a plan that left the strata out would not be what was searched
        return filled

    @model_validator(mode="after")
    def _reasons_are_looked_for(self) -> "RunConfig":
        """Refuse a reason to drop that no step looks for."""
        if "semantic-duplicate" in self.scores.drop and not self.duplicates.semantic.enabled:
            raise ValueError(
                "expected duplicates.semantic.enabled=true for semantic-duplicate in scores.drop, found false"
            )
        return self

    def remote_inputs(self) -> dict[str, str]:
        """Return the URLs among the inputs and sets of texts, with the names of their fields."""
        sets = {held.path: f"{place}.path" for place, held in self.targets.by_prefix.values()}
        places = {**sets, **dict.fromkeys(self.ingest.paths, "ingest.paths")}
        return {place: field for place, field in places.items() if is_remote(place)}

    def section(self, stage: str) -> StageConfig:
        """Return the config of one stage."""
        config = getattr(self, stage)
        if not isinstance(config, StageConfig):
            raise ConfigError(f"expected the name of a stage, found {stage!r}")
        return config


def load_config(path: Path, overrides: list[str] | None = None) -> RunConfig:
    """Read a YAML configuration and apply overrides such as `search.rounds=[16,8,4]`.

    Relative paths in `ingest.paths` and `targets` are taken from the configuration file's folder.

    Raises:
        ConfigError: the file is missing or no YAML, a key is unknown, a value is out of range.
    """
    try:
        values = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"expected a configuration file at {path}, found: {error.strerror}; `mixpipe init` writes one"
        ) from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"expected YAML in {path}, found: {' '.join(str(error).split())}") from error
    if not isinstance(values, dict):
        found = "none, it is empty" if values is None else type(values).__name__
        raise ConfigError(f"expected sections (ingest, targets, ...) in {path}, found {found}")
    for override in overrides or []:
        _override(values, override)
    _anchor_paths(values, path.resolve().parent)
    _take_mixture(values)
    return validated(values, path)


def validated(values: Mapping[str, Any], path: Path) -> RunConfig:
    """Return the config that `values` stand for, or one line per wrong field."""
    try:
        return RunConfig.model_validate(values)
    except ValidationError as error:
        lines = []
        found_at = {item["loc"] for item in error.errors()}
        for item in error.errors():
            if item["loc"][1:] and item["loc"][-1] in HANDED_DOWN and item["loc"][-1:] in found_at:
                continue  # wrong at the top, where it is said once
            lines.append(_complaint(item))
        raise ConfigError(
            f"{path}: " + "; ".join(lines) + "; `mixpipe init` writes every key with its meaning"
        ) from error


def _complaint(item: Mapping[str, Any]) -> str:
    """Say which field is wrong, what was expected and what was found, which our own validators say themselves."""
    steps = item["loc"][:2] + item["loc"][3:] if item["loc"][:2] == FORMS else item["loc"]
    field = ".".join(str(step) for step in steps)
    if item["type"] == "extra_forbidden":
        return unknown_key(field)
    wanted = WANTED.get(item["type"], item["msg"]).removeprefix("Value error, ").replace("Tuple should", "List should")
    is_said = item["type"] == "missing" or (item["type"] == "value_error" and " found " in wanted)
    return f"{field}: {wanted}" if is_said else f"{field}: {wanted}, found {item['input']!r}"


def unknown_key(field: str) -> str:
    """Say which key is not known, in which section, and which one may have been meant."""
    section, _, key = field.rpartition(".")
    keys = list(_keys(RunConfig, ""))
    model = section if any(place == section for place, _ in keys) else section.rpartition(".")[0]  # targets.sets.NAME
    own = [name for place, name in keys if place == model]
    elsewhere = {name: f"{place}.{name}".strip(".") for place, name in reversed(keys)}
    if key in elsewhere:
        hint = f"did you mean {elsewhere[key]}?"
    elif near := get_close_matches(key, own, 1):
        hint = f"did you mean {'.'.join(filter(None, (section, near[0])))}?"
    elif near := get_close_matches(key, elsewhere, 1, cutoff=0.75):
        hint = f"did you mean {elsewhere[near[0]]}?"
    else:
        hint = f"its keys are {', '.join(sorted(own))}"
    return f"unknown key {key} in {section or 'the top level'}; {hint}"


def _keys(model: type[BaseModel], place: str) -> Iterator[tuple[str, str]]:
    """Yield every key of a section and of the sections in it, each as (section, key)."""
    for name, field in model.model_fields.items():
        yield place, name
        for inner in _models(field.annotation):
            yield from _keys(inner, f"{place}.{name}".strip("."))


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    """Yield the sections that a field may hold."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _override(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise ConfigError(f"expected --set section.key=value, found {override!r}")
    *sections, last = key.split(".")
    place = values
    for section in sections:
        place = place.setdefault(section, {})
        if not isinstance(place, dict):
            raise ConfigError(f"expected a section at {section} in --set {override}, found a value")
    try:
        place[last] = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise ConfigError(f"expected a YAML value in --set {override}") from error


def _take_mixture(values: dict[str, Any]) -> None:
    """Hand `mixture`, a file, to the search, and where it has several phases these to the plan, in place.

    Of a file that `search.mixture` names they are read once: a plan with phases, as a run writes it down, keeps them.

    Raises:
        ConfigError: it is no mixture.
    """
    search, plan = (values.setdefault(name, {}) for name in ("search", "plan"))
    if not isinstance(search, dict) or not isinstance(plan, dict):
        return  # left to pydantic
    is_asked = "mixture" in values
    if is_asked:
        search["mixture"] = values.pop("mixture")
    path = search.get("mixture")
    if isinstance(path, str) and Path(path).is_file() and (is_asked or plan.get("phases", 1) == 1):
        phases = read_given(Path(path)).phases
        if len(phases) > 1:
            plan["phases"] = [
                {"name": phase.name, "share": phase.share, "mixture": {k: v for k, v in phase.weights.items() if v}}
                for phase in phases
            ]


def _anchor_paths(values: dict[str, Any], folder: Path) -> None:
    """Make relative input paths relative to the configuration file, in place; wrong shapes are left to pydantic."""
    ingest, targets = values.get("ingest"), values.get("targets")
    if isinstance(ingest, dict) and isinstance(ingest.get("paths"), list):
        ingest["paths"] = [_anchored(path, folder) for path in ingest["paths"]]
    for *sections, key in PATHS:
        place: Any = values
        for section in sections:
            place = place.get(section) if isinstance(place, dict) else None
        if isinstance(place, dict) and isinstance(place.get(key), str) and (folder / place[key]).exists():
            place[key] = _anchored(place[key], folder)
    command = search.get("command") if isinstance(search := values.get("search"), dict) else None
    if isinstance(command, dict) and isinstance(command.get("argv"), list):
        command["argv"] = [_anchored_argument(argument, folder) for argument in command["argv"]]
    if isinstance(targets, dict):
        for sets in (targets.get(kind) for kind in ("sets", "protected", "labelled")):
            if isinstance(sets, dict):
                _anchor_texts(sets, folder)


def _anchor_texts(sets: dict[str, Any], folder: Path) -> None:
    """Make the paths of sets of texts relative to the configuration file, and the short form the long one, in place."""
    for name, held in sets.items():
        if isinstance(held, str):
            sets[name] = {"path": _anchored(held, folder)}
        elif isinstance(held, dict) and "path" in held:
            held["path"] = _anchored(held["path"], folder)


def _anchored_argument(argument: object, folder: Path) -> object:
    named = argument_file(argument, folder) if isinstance(argument, str) else None
    return argument if named is None else f"{named[0]}{named[1]}"


def _anchored(path: object, folder: Path) -> object:
    if not isinstance(path, str) or path.startswith("hf:") or "://" in path:
        return path
    return str(folder / Path(path).expanduser())
