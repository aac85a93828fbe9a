import pytest

from mixpipe.errors import ConfigError, InputError
from mixpipe.search.replay.where import where


@pytest.mark.parametrize(
    ("expression", "runs"),
    [
        (None, 60),
        ("model_params == 1000", 20),
        ("model_params >= 2000 and suite == one", 20),
        ("suite != 'one'", 30),
        ("model_params in (1000, 2000)", 40),
        ("`model_params` not in (1000)", 40),
        ('suite in ("one", "two") and model_params<2e3', 20),
    ],
)
def test_expressions_narrow_a_table(table, expression, runs):
    assert len(where(table, expression)) == runs


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("size == 3", r"column among .*model_params.* found 'size'"),
        ("model_params = 3", "expected"),
        ("model_params == big", "number to compare"),
        ("suite > one", "== or !="),
        ("suite == one or suite == two", "`and` or the end"),
        ("suite in one", r"`\(`"),
        ("suite not one", "`in`"),
        ("", "a column"),
        ("__import__('os').system('true')", "column"),
    ],
)
def test_what_cannot_be_read_is_refused(table, expression, message):
    with pytest.raises(ConfigError, match=message):
        where(table, expression)


def test_nothing_left_says_what_there_is(table):
    with pytest.raises(InputError, match="model_params is 1000, 2000, 3000"):
        where(table, "model_params == 7")
