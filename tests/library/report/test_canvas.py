import re
from xml.etree import ElementTree

import pytest

from mixpipe.report.canvas import ACCENT, INK, domain_colour, drawing, ratio_colour


def draw(name="figure", title="A title", label="a label"):
    with drawing(name, height=2, title=title) as drawn:
        axes = drawn.axes()
        axes.plot([0, 1], [0, 1], color=ACCENT)
        axes.text(0.5, 0.5, label, color=INK)
        axes.set_xlim(0, 0.5)  # clips, so that an identifier is referenced
    return drawn.svg


def test_equal_drawings_have_equal_bytes_without_date_or_document_head():
    assert draw() == draw()
    assert not re.search(r"<\?xml|<!DOCTYPE|<metadata|<style|dc:date", draw())


def test_it_is_well_formed_and_names_itself():
    svg = str(draw(title="Tom & <Jerry>"))
    root = ElementTree.fromstring(svg.replace("<svg ", '<svg xmlns:xlink="http://www.w3.org/1999/xlink" ', 1))
    assert root.get("aria-label") == "Tom & <Jerry>"
    assert root.get("viewBox")


def test_every_identifier_belongs_to_the_figure_and_is_used():
    svg = draw(name="one")
    identifiers = re.findall(r' id="([^"]*)"', svg)
    used = set(re.findall(r'(?:href="|url\()#([\w.-]+)', svg))
    assert identifiers
    assert set(identifiers) == used
    assert all(identifier.startswith("one-") for identifier in identifiers)


def test_the_page_decides_on_ink_and_accent():
    svg = draw()
    assert "var(--ink)" in svg
    assert "var(--accent)" in svg
    assert INK not in svg


@pytest.mark.parametrize("label", ["$x_1$ costs $5", "<b>&amp;</b>", "日本"])
def test_hostile_labels_stay_text(label):
    svg = draw(label=label)
    assert "<b>" not in svg
    assert "<text" in svg


def test_domain_colours_are_distinct_for_24_domains_and_repeat_after():
    colours = [domain_colour(number) for number in range(24)]
    assert len(set(colours)) == 24
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours)
    assert domain_colour(24) == domain_colour(0)


def test_ratio_colours_run_from_less_to_more():
    assert ratio_colour(0) == ratio_colour(0.25) == ratio_colour(0.01)
    assert ratio_colour(4) == ratio_colour(100)
    assert len({ratio_colour(ratio) for ratio in (0.25, 0.5, 1, 2, 4)}) == 5
