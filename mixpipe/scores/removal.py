"""Why a document is dropped: the first of the configured reasons that fires.

A reason is a kind of duplicate (`duplicate`, `near-duplicate`, `semantic-duplicate`, `repeated-sentences`), one rule
(`gopher:word-length`), or a family (`gopher`: its first rule that fires gives the name). Rules that are not configured
only leave their columns.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from mixpipe.errors import ConfigError
from mixpipe.registry import load_plugin
from mixpipe.scores import SCORERS
from mixpipe.scores.config import DUPLICATES
from mixpipe.scores.protocol import Rule

__all__ = ["check_reasons", "drop_reasons", "rule_name"]


def check_reasons(reasons: Sequence[str], rules: Mapping[str, Sequence[Rule]]) -> None:
    """Check that every reason exists.

    Raises:
        ConfigError: a reason names a scorer without rules, or a rule that its scorer does not have.
    """
    for reason in reasons:
        if reason not in DUPLICATES:
            _chosen(reason, rules)


def drop_reasons(
    reasons: Sequence[str],
    rules: Mapping[str, Sequence[Rule]],
    columns: Mapping[str, np.ndarray],
    duplicates: Mapping[str, np.ndarray],
) -> list[str | None]:
    """Return the reason of every document, None where it is kept.

    Args:
        reasons: those that drop a document, the first that fires being the one recorded.
        rules: the rules of every configured scorer, by its name.
        columns: (n,) each, by name.
        duplicates: (n,) bool for each kind of duplicate, True where another document stands for this one.
    """
    found: list[str | None] = [None] * len(duplicates["duplicate"])
    for reason in reasons:
        fired = [(reason, duplicates[reason])] if reason in duplicates else _fired(reason, rules, columns)
        for name, mask in fired:
            for row in np.flatnonzero(mask):
                found[row] = found[row] or name
    return found


def rule_name(column: str, number: float) -> str | None:
    """Return the rule whose number stands in the column of a set of rules; None elsewhere, and where none fired."""
    family, _, end = column.rpartition("_")
    if end != "rule" or family not in SCORERS or number < 1:
        return None
    rules: Sequence[Rule] = load_plugin(SCORERS, family, "scorer").rules
    return f"{family}:{rules[int(number) - 1].name}" if number <= len(rules) else None


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
        if known:
            names = ", ".join(f"{family}:{rule.name}" for rule in known)
            raise ConfigError(
                f"expected a rule of the scorer {family} in scores.drop, one of {names}, found {reason!r}"
            )
        expected = f"{', '.join(DUPLICATES)}, the rules of {', '.join(rules)}"
        raise ConfigError(f"expected a reason in scores.drop among {expected}, found {reason!r}")
    return family, chosen
