import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from mixpipe.errors import StoreError
from mixpipe.report.page import write_report

STAGES = ["ingest", "domains", "scores", "search", "plan", "shards"]
TITLE = "a <b>run</b>\x1b[0m"
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Reader(HTMLParser):
    """Checks that every element is closed, and gathers sections, identifiers and addresses."""

    def __init__(self):
        super().__init__()
        self.open, self.sections, self.identifiers, self.addresses = [], [], [], []

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "section":
            self.sections.append(found["id"])
        if "id" in found:
            self.identifiers.append(found["id"])
        self.addresses += [found[key] for key in ("href", "src", "xlink:href") if key in found]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(artefacts, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_report(artefacts, path, title=TITLE)
    return path.read_text(encoding="utf-8")


def read(page):
    reader = Reader()
    reader.feed(page)
    assert not reader.open
    return reader


def test_a_finished_run_has_every_section_and_is_well_formed(page):
    assert read(page).sections == [
        "mixture", "verdict", "search", "domains", "documents", "held-out", "quality", "diversity",
        "shards", "provenance",
    ]  # fmt: skip


def test_it_is_small_and_loads_nothing(page):
    assert len(page) < 1_000_000
    assert all(address.startswith("#") or "//" not in address for address in read(page).addresses)
    assert not re.search(r"@import|url\((?!#)|<link|<img|https?://(?!www\.w3\.org/)", page)
    assert "default-src 'none'" in page


def test_the_policy_allows_the_one_script_it_has(page):
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode("utf-8")).digest()).decode("ascii")
    assert f"'sha256-{digest}'" in page


def test_identifiers_are_unique_and_internal_links_lead_somewhere(page):
    reader = read(page)
    assert len(set(reader.identifiers)) == len(reader.identifiers)
    assert {address[1:] for address in reader.addresses if address.startswith("#")} <= set(reader.identifiers)


def test_nothing_of_a_stranger_is_markup_or_a_control_character(page):
    assert "<script>alert" not in page
    assert "<b>run" not in page
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", page)


def test_captions_stand_outside_of_what_scrolls(page):
    assert "<caption" not in page
    assert page.count("<figcaption>") > 8
    assert not re.search(r"<div class=\"scroll[^>]*>(?:(?!</div>).)*<figcaption>", page, flags=re.DOTALL)


def test_equal_artefacts_give_equal_bytes(artefacts, page, tmp_path):
    write_report(artefacts, tmp_path / "again.html", title=TITLE)
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == page


@pytest.mark.parametrize(
    ("until", "sections"),
    [
        ("ingest", ["documents"]),
        ("domains", ["domains", "documents"]),
        ("scores", ["domains", "documents", "held-out", "quality"]),
        ("search", ["mixture", "verdict", "search", "domains", "documents", "held-out", "quality"]),
    ],
)
def test_a_run_stopped_early_has_the_sections_of_what_is_there(artefacts, tmp_path, until, sections):
    there = {stage: artefacts[stage] for stage in STAGES[: STAGES.index(until) + 1]}
    write_report(there, tmp_path / "report.html", title="run")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert read(page).sections == [*sections, "provenance"]
    assert until in page


def test_a_damaged_file_is_named(artefacts, edited, tmp_path):
    broken = edited("plan", "plan.json", lambda found: found)
    (broken["plan"].path / "plan.json").write_text("{")
    with pytest.raises(StoreError, match=r"plan\.json"):
        write_report(broken, tmp_path / "report.html", title="run")


def test_a_given_mixture_is_reported_without_search_and_verdict(given, tmp_path):
    write_report(given, tmp_path / "report.html", title="run")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert read(page).sections == [
        "mixture",
        "domains",
        "documents",
        "held-out",
        "quality",
        "diversity",
        "shards",
        "provenance",
    ]
    assert "The mixture was given, not sought" in page
    assert "3.1\N{NO-BREAK SPACE}%" in page
