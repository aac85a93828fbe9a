"""One plan maker per file; adding one is its file and a line here. What a maker is: `protocol.py`."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from mixpipe.errors import ConfigError
from mixpipe.plan.makers.protocol import Maker
from mixpipe.registry import load_plugin

__all__ = ["MAKERS", "load_maker", "maker_settings"]

MAKERS: dict[str, str] = {
    "bands": "mixpipe.plan.makers.bands:Bands",
    "bertin": "mixpipe.plan.makers.bertin:Bertin",
    "d4": "mixpipe.plan.makers.d4:D4",
    "domains": "mixpipe.plan.makers.domains:Domains",
    "dsir": "mixpipe.plan.makers.dsir:Dsir",
    "gme": "mixpipe.plan.makers.gme:Gme",
    "ideal": "mixpipe.plan.makers.ideal:Ideal",
    "mig": "mixpipe.plan.makers.mig:Mig",
    "quadmix": "mixpipe.plan.makers.quadmix:QuaDMix",
    "samplemix": "mixpipe.plan.makers.samplemix:SampleMix",
    "strata": "mixpipe.plan.makers.strata:Strata",
    "structural": "mixpipe.plan.makers.structural:Structural",
    "tempered": "mixpipe.plan.makers.tempered:Tempered",
    "tilt": "mixpipe.plan.makers.tilt:Tilt",
    "top": "mixpipe.plan.makers.top:Top",
}


def load_maker(name: str, settings: Mapping[str, Any] | None = None) -> Maker:
    """Return a registered maker with the given settings, the others at their defaults.

    Raises:
        ConfigError: there is no such maker or setting, or a value is out of range.
    """
    kind = load_plugin(MAKERS, name, "plan maker")
    known = [field.name for field in fields(kind)]
    if unknown := sorted(set(settings or {}) - set(known)):
        raise ConfigError(
            f"expected settings of the plan maker {name} among {', '.join(known) or 'none'}, found {', '.join(unknown)}"
        )
    try:
        maker: Maker = TypeAdapter(kind).validate_python(dict(settings or {}))
    except ValidationError as error:
        wrong = error.errors()[0]
        field = ".".join(str(step) for step in wrong["loc"])
        raise ConfigError(f"{field} of the plan maker {name}: {wrong['msg']}, found {wrong['input']!r}") from error
    return maker


def maker_settings(maker: Maker) -> dict[str, Any]:
    """Return all settings of a maker as JSON, those at their defaults too."""
    dumped: dict[str, Any] = TypeAdapter(type(maker)).dump_python(maker, mode="json")
    return dumped
