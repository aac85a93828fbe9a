"""The commented configuration that `mixpipe init` writes: every key with its default and its meaning.

The comments are the descriptions of the config models' fields, so there is one place to change them.
"""

import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from mixpipe.config import RunConfig
from mixpipe.errors import ConfigError
from mixpipe.store.files import whole_file
from mixpipe.store.stage import HANDED_DOWN

__all__ = ["write_template"]

COMMENT_COLUMN = 44


def write_template(path: Path, *, corpus: list[str], targets: list[str], budget: int) -> None:
    """Write a configuration that can be run as soon as its paths are right.

    Args:
        path: the YAML file; an existing one is not overwritten.
        corpus: input paths.
        targets: `NAME=PATH` per held-out set.
        budget: tokens of the training run.

    Raises:
        ConfigError: the file exists, or a target is not `NAME=PATH`.
    """
    if path.exists():
        raise ConfigError(f"expected a new file, found {path}; delete it or choose another name")
    document = CommentedMap()
    paths = [_from(path, given) for given in corpus]
    document["ingest"] = _section(RunConfig.model_fields["ingest"].annotation, {"paths": paths})
    sets = dict(_target(target, path) for target in targets)
    document["targets"] = _section(RunConfig.model_fields["targets"].annotation, {"sets": sets})
    document["budget_tokens"] = budget
    for name, field in RunConfig.model_fields.items():
        if name in document:
            continue
        model = field.annotation
        is_section = isinstance(model, type) and issubclass(model, BaseModel)
        document[name] = _section(model, {}) if is_section else field.get_default()
    for name in ("budget_tokens", *HANDED_DOWN):
        document.yaml_add_eol_comment(str(RunConfig.model_fields[name].description or name), name, COMMENT_COLUMN)
    yaml = YAML()
    yaml.width = 1000
    with whole_file(path) as scratch, scratch.open("w", encoding="utf-8") as handle:
        handle.write("# A mixpipe run. Paths are relative to this file. Next: mixpipe plan, then mixpipe run.\n")
        yaml.dump(document, handle)


def _from(config: Path, given: str) -> str:
    """Return a path that was typed in this folder as it must stand in the configuration file."""
    if given.startswith("hf:") or "://" in given or Path(given).is_absolute():
        return given
    return os.path.relpath(Path(given).absolute(), config.absolute().parent)


def _target(text: str, config: Path) -> tuple[str, dict[str, Any]]:
    name, equals, path = text.partition("=")
    if not equals or not name or not path:
        raise ConfigError(f"expected --target NAME=PATH, found {text!r}")
    return name, {"path": _from(config, path), "weight": 1.0}


def _section(model: Any, values: dict[str, Any]) -> CommentedMap:  # noqa: ANN401  a pydantic model class
    section = CommentedMap()
    for name, field in model.model_fields.items():
        if name in HANDED_DOWN:
            continue  # said once, at the top
        default = values.get(name, field.get_default(call_default_factory=True))
        if default is PydanticUndefined:
            continue
        if isinstance(default, BaseModel):
            section[name] = _section(type(default), {})
            continue
        section[name] = list(default) if isinstance(default, tuple) else default
        if field.description:
            section.yaml_add_eol_comment(field.description, name, COMMENT_COLUMN)
    return section
