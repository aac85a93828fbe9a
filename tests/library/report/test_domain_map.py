import re

import numpy as np
import pytest

from mixpipe.report.canvas import ratio_colour
from mixpipe.report.domain_map import LABEL, LETTER, _free_place, _label_box, _moved_apart, _outside, domain_map


def test_every_domain_is_a_circle_with_its_name_and_colour():
    svg = domain_map(["law", "code"], np.array([[0.0, 0.0], [1.0, 2.0]]), [100, 25], [4.0, 0.25])
    assert re.findall(r">(law|code)<", svg) == ["law", "code"]
    assert ratio_colour(4.0) in svg
    assert ratio_colour(0.25) in svg


def test_one_domain_and_equal_places_can_be_drawn():
    assert "law" in domain_map(["law"], np.zeros((1, 2)), [5], None)
    svg = domain_map(["law", "code"], np.zeros((2, 2)), [5, 5], None)
    places = re.findall(r'<text[^>]*(?:x="[^"]*" y="[^"]*"|translate\([^)]*\))', svg)
    assert len(set(places)) == 2  # the second label gives way


@pytest.mark.parametrize("spread", [0.0, 20.0, 300.0])
def test_crowded_circles_are_moved_apart_within_the_frame(spread):
    rng = np.random.default_rng(0)
    radii = rng.uniform(5, 25, 40)
    frame = (684.0, 403.0)
    moved = _moved_apart(200 + spread * rng.uniform(size=(40, 2)), radii, frame)
    distance = np.linalg.norm(moved[:, None] - moved[None], axis=2)
    pairs = np.triu_indices(40, 1)
    assert ((radii[:, None] + radii[None] - distance)[pairs] < 2).all()
    assert (moved > radii[:, None]).all()
    assert (moved < np.array(frame) - radii[:, None]).all()


def test_circles_that_do_not_meet_stay():
    places = np.array([[100.0, 100.0], [300.0, 200.0]])
    assert np.array_equal(_moved_apart(places, np.array([20.0, 20.0]), (684.0, 403.0)), places)


def test_domains_without_tokens_can_be_drawn():
    assert "empty" in domain_map(["law", "empty"], np.eye(2), [5, 0], None)


def test_a_long_label_at_the_edge_is_moved_into_the_frame_and_a_longer_one_cut():
    name = "n" * LABEL
    (x, _), align = _free_place(np.array([40.0, 200.0]), 30.0, name, [], (684.0, 403.0))
    assert align == "center"
    assert x - LETTER * len(name) / 2 >= 0
    crowded = [(0.0, 0.0, 684.0, 403.0)]  # no place is free: a letter outside is still the worse
    (x, y), align = _free_place(np.array([100.0, 200.0]), 30.0, name, crowded, (684.0, 403.0))
    assert _outside(_label_box((x, y), align, LETTER * len(name), 11.0), (684.0, 403.0)) == 0
    svg = domain_map(["x" * 80], np.zeros((1, 2)), [5], None)
    assert "x" * (LABEL - 1) in svg
    assert "x" * LABEL not in svg
