from mixpipe.report.canvas import domain_colour
from mixpipe.report.diversity_figures import Change, changes


def test_a_row_without_a_plan_has_a_ring_and_no_dot():
    rows = [Change(10.0, 12.0), Change(4.0, None)]
    svg = changes(["all", "law"], [domain_colour(0), domain_colour(1)], [("Vendi score", rows)])
    assert "Vendi score" in svg
    assert domain_colour(0) in svg
    assert domain_colour(1) not in svg
