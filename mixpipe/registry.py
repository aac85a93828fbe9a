"""Registries of plug-ins: a name and an import string per entry.

Import strings, so that choosing one method does not import the packages of another. Adding a plug-in is one file and
one line in the registry of its folder's `__init__.py`.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from mixpipe.errors import ConfigError

__all__ = ["load_plugin"]


def load_plugin(registry: Mapping[str, str], name: str, what: str) -> Any:  # noqa: ANN401  each registry has its protocol
    """Return the object that `registry[name]`, a string `module:attribute`, names.

    Args:
        registry: names to import strings.
        name: the entry asked for.
        what: what the registry holds, for the error ("surrogate", "method").

    Raises:
        ConfigError: there is no such entry; the message lists those there are.
    """
    if name not in registry:
        article = "an" if what[:1] in "aeiou" else "a"
        raise ConfigError(f"expected {article} {what} among {', '.join(sorted(registry))}, found {name!r}")
    module, _, attribute = registry[name].partition(":")
    return getattr(import_module(module), attribute)
