"""Why a document is dropped: the first of the configured reasons that fires.

A reason is `duplicate`, one rule (`gopher:word-length`), or a family (`gopher`: its first rule that fires gives the
name). Rules that are not configured only leave their columns.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from mixpipe.errors import ConfigError
from mixpipe.scores.protocol import Rule

__all__ = ["DUPLICATE", "check_reasons", "drop_reasons"]

DUPLICATE = "duplicate"


def check_reasons(reasons: Sequence[str], rules: Mapping[str, Sequence[Rule]]) -> None:
    """Check that every reason exists.

    Raises:
        ConfigError: a reason names a scorer without rules, or a rule that its scorer does not have.
    """
    for reason in reasons:
        if reason != DUPLICATE:
            _chosen(reason, rules)


def drop_reasons(
    reasons: Sequence[str],
    rules: Mapping[str, Sequence[Rule]],
    columns: Mapping[str, np.ndarray],
    duplicate: np.ndarray,
) -> list[str | None]:
    """Return the reason of every document, None where it is kept.

    Args:
        reasons: those that drop a document, the first that fires being the one recorded.
        rules: the rules of every configured scorer, by its name.
        columns: (n,) each, by name.
        duplicate: (n,) bool, True for all but the first document of a text.
    """
    found: list[str | None] = [None] * len(duplicate)
    for reason in reasons:
        fired = [(DUPLICATE, duplicate)] if reason == DUPLICATE else _fired(reason, rules, columns)
        for name, mask in fired:
            for row in np.flatnonzero(mask):
                found[row] = found[row] or name
    return found


def _fired(
    reason: str, rules: Mapping[str, Sequence[Rule]], columns: Mapping[str, np.ndarray]
) -> list[tuple[str, np.ndarray]]:
    family, chosen = _chosen(reason, rules)
    return [(f"{family}:{rule.name}", rule.fires(columns[f"{family}_{rule.measure}"])) for rule in chosen]


def _chosen(reason: str, rules: Mapping[str, Sequence[Rule]]) -> tuple[str, list[Rule]]:
    family, _, name = reason.partition(":")
    known = list(rules.get(family, ()))
    chosen = [rule for rule in known if not name or rule.name == name]
    if not chosen:
        names = ", ".join(f"{family}:{rule.name}" for rule in known) or f"the rules of {', '.join(rules)}"
        raise ConfigError(f"expected a reason in scores.drop among duplicate, {names}, found {reason!r}")
    return family, chosen
