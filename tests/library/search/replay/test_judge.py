import numpy as np
import pytest

from mixpipe.errors import InputError
from mixpipe.search.replay.judge import judge
from mixpipe.search.replay.tables import read_runs


def test_a_law_is_foreseen_on_another_table(write, table):
    other = read_runs(write("other.csv", seed=1))
    ((name, found),) = judge(table, other, ["explaw"])
    assert name == "explaw"
    assert found.figures.shape == (1, 4, 2)
    assert found.overall()[0] > 0.99
    assert np.isnan(found.deviation()).all()


def test_folds_keep_equal_mixtures_together(table):
    """A surrogate that remembers would be right about a mixture it has seen; random losses cannot be foreseen."""
    twice = table.rows(np.repeat(np.arange(30), 2))
    noise = np.repeat(np.random.default_rng(0).standard_normal((30, 2)), 2, axis=0)
    unforeseeable = type(twice)(**{**vars(twice), "losses": noise})
    ((_, found),) = judge(unforeseeable, None, ["gp"], seeds=3)
    assert len(found.figures) == 15
    assert abs(found.overall()[0]) < 0.4


def test_a_constant_target_has_no_figure_and_does_not_enter_the_mean(table):
    flat = type(table)(**{**vars(table), "losses": np.column_stack([table.losses[:, 0], np.ones(60)])})
    ((_, found),) = judge(flat, None, ["linear-sqrt"])
    record = found.as_json()
    assert record["targets"]["z"]["spearman"] is None
    assert record["mean"]["spearman"] == record["targets"]["x"]["spearman"] > 0.9


def test_too_few_mixtures_are_refused(table):
    with pytest.raises(InputError, match=r"at least 5 different mixtures .* found 3"):
        list(judge(table.rows(np.arange(3)), None, ["gp"]))
