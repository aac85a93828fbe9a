"""The first rule that fires is named, measures come before it, and a limit itself is allowed."""

import numpy as np
import pytest

from mixpipe.scores.protocol import Rule
from mixpipe.scores.rules import RuleSet


class Lengths(RuleSet):
    family = "lengths"
    measures = ("characters", "words")
    rules = (Rule("few-words", "words", least=2), Rule("long", "characters", most=5))

    def measure(self, documents):
        return np.array([[len(d.text), len(d.words)] for d in documents], np.float64)


def test_number_of_the_first_rule_that_fires(make_batch):
    scored = Lengths({}).score(make_batch(["a b", "a", "a b c d", "abcdefgh"]))
    assert scored[:, -1].tolist() == [0, 1, 2, 1]


def test_measures_come_first(make_batch):
    assert Lengths({}).columns == ("lengths_characters", "lengths_words", "lengths_rule")
    assert Lengths({}).score(make_batch(["a b"]))[0].tolist() == [3, 2, 0]


def test_no_documents(make_batch):
    assert Lengths({}).score(make_batch([])).shape == (0, 3)


def test_a_limit_itself_is_allowed_also_when_read_back_as_float32():
    rule = Rule("most", "x", most=0.2)
    values = np.array([0.2, 0.2001])
    assert rule.fires(values).tolist() == rule.fires(values.astype(np.float32)).tolist() == [False, True]


def test_a_set_that_does_not_measure_cannot_be_made():
    with pytest.raises(TypeError, match="measure"):
        RuleSet({})
