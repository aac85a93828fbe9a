import re

import numpy as np

from mixpipe.report.canvas import BAD, INK, PAPER, VARIABLES, domain_colour
from mixpipe.report.figures import LABEL, Bar, distributions, mixture_bars, waterfall

NAMES = ["law", "code"]


def bars(**changed):
    first = Bar("law", domain_colour(0), natural=0.7, weight=0.4, cap=1.0, epochs=0.5, unconstrained=0.2)
    second = Bar("code", domain_colour(1), natural=0.3, weight=0.6, cap=0.6, epochs=4.0, unconstrained=0.8)
    return mixture_bars([bar._replace(**changed) for bar in (first, second)], 4.0)


def test_mixture_bars_say_shares_and_epochs_in_the_domains_colours():
    svg = bars()
    assert "40.0\N{NO-BREAK SPACE}%" in svg
    assert "4.00\N{MULTIPLICATION SIGN}" in svg
    assert domain_colour(0) in svg
    assert f"var(--{VARIABLES[BAD]})" in svg


def test_the_optimum_without_caps_is_drawn_only_when_there_is_one():
    diamond = f"fill: var(--{VARIABLES[PAPER]}); stroke: var(--{VARIABLES[INK]})"
    assert diamond in bars()
    assert diamond not in bars(unconstrained=None)


def test_a_domain_without_documents_has_an_empty_strip():
    panel = ("quality", np.linspace(0, 1, 4), np.array([[1, 5, 2], [0, 0, 0]]))
    svg = distributions(NAMES, [panel, panel])
    assert svg.count(">quality<") == 2
    assert "nan" not in svg


def test_a_waterfall_writes_totals_and_losses():
    svg = waterfall(["documents", "dropped", "left"], [0, 1500, 0], [2000, 2000, 1500])
    assert "2,000" in svg
    assert "\N{MINUS SIGN}500" in svg


def test_a_share_does_not_stand_on_the_mark_of_the_cap():
    def place(cap):
        svg = bars(cap=cap, unconstrained=None)
        return float(re.search(r'x="([\d.]+)"[^>]*>40\.0', svg)[1])

    assert place(0.72) > place(1.0)  # moved behind the mark
    assert place(1.0) == place(0.1)


def test_long_names_are_cut_in_figures():
    svg = waterfall(["n" * 80, "left"], [0, 0], [2, 1])
    assert "n" * (LABEL - 1) in svg
    assert "n" * LABEL not in svg
