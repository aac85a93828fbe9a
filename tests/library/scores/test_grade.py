import shutil

import numpy as np
import pytest

from mixpipe.errors import ConfigError
from mixpipe.models.grading import GradingModel
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.grade import Grade, rounded

TEXTS = [f"the cat saw {n} birds" for n in range(12)]


def test_rounding_is_that_of_fineweb_edu():
    """Known answer: Python's rounding, halves to the even number, after clipping to 0..5."""
    assert rounded(np.array([2.5, 3.5, 2.49, 2.51, 5.7, -1])).tolist() == [2, 4, 2, 3, 5, 0]


def test_columns_are_the_models_output_what_it_is_read_as_and_the_rule(grading_model, make_sample, make_batch):
    state = Grade.fit(make_sample(TEXTS), ScoresConfig(grader=str(grading_model)))
    scorer = Grade(state)
    assert scorer.columns == ("grade_score", "grade_rounded", "grade_rule")
    score, whole, rule = scorer.score(make_batch(TEXTS)).T
    dtype = str(state["dtype"])
    np.testing.assert_allclose(score, GradingModel(grading_model, dtype=dtype, device="cpu").grades(TEXTS), atol=1e-2)
    assert whole.tolist() == rounded(score).tolist()
    assert rule.tolist() == (whole < 3).astype(int).tolist()


def test_a_complaint_names_the_folder_that_was_given(grading_model, make_sample, tmp_path):
    folder = shutil.copytree(grading_model, tmp_path / "grader")
    (folder / "config.json").write_text("{}")
    with pytest.raises(ConfigError, match=str(folder)):
        Grade.fit(make_sample(TEXTS), ScoresConfig(grader=str(folder)))
