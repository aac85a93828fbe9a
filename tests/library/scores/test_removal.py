import numpy as np
import pytest

from mixpipe.errors import ConfigError
from mixpipe.scores.gopher import Gopher
from mixpipe.scores.protocol import Rule
from mixpipe.scores.removal import check_reasons, drop_reasons, rule_name

RULES = {"size": (Rule("small", "x", least=1), Rule("large", "x", most=3)), "perplexity": ()}
COLUMNS = {"size_x": np.array([0.0, 2.0, 4.0, 0.0])}
TWINS = {
    "duplicate": np.array([False, True, False, True]),
    "near-duplicate": np.array([True, True, False, False]),
    "semantic-duplicate": np.array([False, False, True, False]),
}


@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        ([], [None] * 4),
        (["duplicate"], [None, "duplicate", None, "duplicate"]),
        (["size"], ["size:small", None, "size:large", "size:small"]),
        (["size:large"], [None, None, "size:large", None]),
        (["size:small", "duplicate"], ["size:small", "duplicate", None, "size:small"]),
        (["duplicate", "size:small"], ["size:small", "duplicate", None, "duplicate"]),
        (["duplicate", "near-duplicate"], ["near-duplicate", "duplicate", None, "duplicate"]),
        (["semantic-duplicate", "size:large"], [None, None, "semantic-duplicate", None]),
    ],
)
def test_the_first_configured_reason_is_recorded(reasons, expected):
    assert drop_reasons(reasons, RULES, COLUMNS, TWINS) == expected


@pytest.mark.parametrize("reason", ["nosuch", "size:nosuch", "perplexity"])
def test_unknown_reasons_are_refused(reason):
    with pytest.raises(ConfigError, match=f"scores.drop.*found '{reason}'"):
        check_reasons([reason], RULES)


@pytest.mark.parametrize(
    ("column", "number", "name"),
    [
        ("gopher_rule", 1.0, f"gopher:{Gopher.rules[0].name}"),
        ("gopher_rule", len(Gopher.rules), f"gopher:{Gopher.rules[-1].name}"),
        ("gopher_rule", 0.0, None),
        ("gopher_rule", 99.0, None),  # of a version with more rules
        ("gopher_words", 1.0, None),
        ("nosuch_rule", 1.0, None),
    ],
)
def test_a_rules_number_is_its_name(column, number, name):
    assert rule_name(column, number) == name
