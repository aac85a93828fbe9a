import re

from mixpipe.report.search_figures import Interval, forest, prediction, search_curve


def test_the_curve_names_each_round_once_and_the_natural_mixture():
    svg = search_curve(["noise", "round-1", "round-1"], [1.0, 0.5, 0.7], noise=0.1, natural=0.9)
    assert re.findall(r">(noise|round-1|natural)<", svg) == ["natural", "noise", "round-1"]


def test_a_curve_of_one_trial_without_noise_can_be_drawn():
    assert "round-1" in search_curve(["round-1"], [1.0], noise=None, natural=None)


def test_prediction_takes_equal_values():
    assert "predicted objective" in prediction([1.0, 1.0], [1.0, 1.0], None)


def test_a_forest_lines_rows_up_by_label_and_colours_by_word():
    panels = {
        "against natural": [
            Interval("law", 0.2, 0.05, 0.1, 0.3, "better"),
            Interval("code", 0, 0.1, -0.2, 0.2, "tied"),
        ],
        "against uniform": [Interval("code", -0.2, 0.05, -0.3, -0.1, "worse")],
    }
    svg = forest("targets", panels)
    assert re.findall(r">(law|code)<", svg) == ["law", "code"]
    assert {"var(--good)", "var(--bad)", "var(--muted)"} <= set(re.findall(r"var\(--\w+\)", svg))


def test_a_forest_of_one_point_at_zero_can_be_drawn():
    assert "law" in forest("one", {"x": [Interval("law", 0.0, 0.0, 0.0, 0.0, "tied")]})
