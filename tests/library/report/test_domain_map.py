import re

import numpy as np

from mixpipe.report.canvas import ratio_colour
from mixpipe.report.domain_map import domain_map


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


def test_domains_without_tokens_can_be_drawn():
    assert "empty" in domain_map(["law", "empty"], np.eye(2), [5, 0], None)
