"""The report: one HTML file that says what was decided, why, and what became of every document.

Self-contained: styles, figures and a few lines of script (sorting of tables) are inside, a content security policy
forbids everything else, and it reads the same without the script. Made only from sealed artefacts, so a run can be
reported at any time and on any machine that has them; equal artefacts give equal bytes. jinja2 escapes all text.
"""

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

import mixpipe
from mixpipe.report.blocks import Section
from mixpipe.report.sections.diversity import diversity_section
from mixpipe.report.sections.documents import documents_section
from mixpipe.report.sections.domains import domains_section
from mixpipe.report.sections.held_out import held_out_section
from mixpipe.report.sections.mixture import mixture_section
from mixpipe.report.sections.provenance import provenance_section
from mixpipe.report.sections.quality import quality_section
from mixpipe.report.sections.search import search_section
from mixpipe.report.sections.shards import shards_section
from mixpipe.report.sections.summary import summary
from mixpipe.report.sections.verdict import verdict_section
from mixpipe.report.texts import printable
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import write_text

__all__ = ["write_report"]

# The order in which a reader asks: what was decided, is it better, how was it found, from what, and how made.
SECTIONS = (
    mixture_section,
    verdict_section,
    search_section,
    domains_section,
    documents_section,
    held_out_section,
    quality_section,
    diversity_section,
    shards_section,
)


def write_report(artefacts: Mapping[str, Artefact], path: Path, *, title: str) -> None:
    """Write the report of a run, of the stages that have run so far.

    Args:
        artefacts: sealed artefacts by stage.
        path: the file, replaced atomically; in the run's folder, so that its relative links lead somewhere.
        title: the run's name.

    Raises:
        StoreError: a sealed file is damaged, or the report cannot be written.
    """
    built = [section(artefacts) for section in SECTIONS]
    sections: list[Section] = [section for section in built if section is not None]
    sections.append(provenance_section(artefacts, title))
    script = Markup(_resource("page.js"))
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(_resource("page.html"))
    html = page.render(
        title=printable(title, 80),
        summary=summary(artefacts),
        sections=sections,
        style=Markup(_resource("page.css")),
        script=script,
        script_digest="sha256-" + base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii"),
        version=mixpipe.__version__,
    )
    write_text(path, html)


def _resource(name: str) -> str:
    return files("mixpipe.report").joinpath(name).read_text(encoding="utf-8")
