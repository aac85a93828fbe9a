"""Every error mixpipe raises on purpose.

    MixpipeError
    ├── ConfigError (ValueError)     the configuration is wrong                        exit code 2
    ├── InputError (ValueError)      the corpus, a target or a given file is wrong     exit code 2
    │   └── GateError                the domains found are too lopsided to search over
    ├── StoreError (OSError)         an artefact is missing, damaged or unwritable     exit code 1
    └── StageError (RuntimeError)    a stage's self-check failed                       exit code 1

A message says what was expected, what was found (the values), where (file, field, part) and what to do.
"""

__all__ = ["ConfigError", "GateError", "InputError", "MixpipeError", "StageError", "StoreError"]


class MixpipeError(Exception):
    """Base of all errors raised on purpose."""

    exit_code = 1


class ConfigError(MixpipeError, ValueError):
    """The configuration asks for something that cannot be."""

    exit_code = 2


class InputError(MixpipeError, ValueError):
    """The corpus, a target set or another given file cannot be used."""

    exit_code = 2


class GateError(InputError):
    """The domain structure is too lopsided for a search to mean anything."""


class StoreError(MixpipeError, OSError):
    """An artefact cannot be read or written."""


class StageError(MixpipeError, RuntimeError):
    """A stage found its own output inconsistent and refuses to seal it."""
