"""`mixpipe export`: the blend files of one trainer, and what it will really read with them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mixpipe.errors import ConfigError, InputError
from mixpipe.mixture.given import read_given
from mixpipe.shards.exporters import load_exporter
from mixpipe.shards.exporters.blend import Blend
from mixpipe.shards.exporters.protocol import About, Exporter, Settings
from mixpipe.shards.exporters.published import read_blend
from mixpipe.shards.exporters.reweighted import reweighted
from mixpipe.shards.exporters.simulate import Outlook, Simulation, simulate
from mixpipe.shards.exporters.without_tokens import without_empty
from mixpipe.shards.exporters.written import PHASES, write_blend
from mixpipe.shards.formats import load_format
from mixpipe.shards.formats.tokens import TokenFormat
from mixpipe.store.files import write_text
from mixpipe.store.fingerprint import Json

__all__ = ["Asked", "Export", "export_blend"]

ROUNDING = 1.01  # of the epoch cap: domains are met to within one document


@dataclass(frozen=True)
class Asked:
    """What to do with the mixture.

    Attributes:
        out: where to write the files; None: nowhere.
        phase: the only one to export; None: all.
        mixture: a file with other shares than the run's, for shards by domain; None: the run's.
        simulate: say what the trainer will read.
        check: refuse where a domain has no files.
    """

    out: Path | None = None
    phase: str | None = None
    mixture: Path | None = None
    simulate: bool = False
    check: bool = False


@dataclass(frozen=True)
class Export:
    """What was exported.

    Attributes:
        trainer: the exporter's name.
        unit: of the weights.
        files: texts by name.
        folder: where they were written; None: nowhere, they are printed.
        simulation: of a run with them; None: not asked for.
        notes: what the reader has to know.
    """

    trainer: str
    unit: str
    files: Mapping[str, str]
    folder: Path | None
    simulation: Simulation | None
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Json]:
        """Return everything as JSON."""
        return {
            "trainer": self.trainer,
            "unit": self.unit,
            "folder": None if self.folder is None else str(self.folder),
            "files": dict(self.files),
            "simulation": None if self.simulation is None else self.simulation.as_json(),
            "notes": list[Json](self.notes),
        }

    def lines(self) -> list[str]:
        """Return everything for people: the files themselves where they were not written."""
        if self.folder is None:
            shown = [line for name, text in self.files.items() for line in (f"==> {name}", *text.splitlines(), "")]
        else:
            shown = [f"wrote {self.folder / name}" for name in self.files]
        simulated = [] if self.simulation is None else _table(self.simulation)
        return [*shown, *simulated, *(f"note: {note}" for note in self.notes)]


def export_blend(folder: Path, trainer: str, settings: Settings, asked: Asked) -> Export:
    """Write the mixture of a run in the form of one trainer.

    Args:
        folder: the run, or its training data.
        trainer: a registered exporter.
        settings: what the mixture does not say.
        asked: what to do with it.

    Raises:
        ConfigError: the trainer, phase, mixture or a setting is wrong.
        InputError: there is no mixture in the folder.
    """
    exporter, blend = load_exporter(trainer), read_blend(folder)
    if asked.mixture is not None:
        if exporter.about.applied:
            raise ConfigError(
                f"expected a trainer that mixes for --mixture, found {exporter.about.trainer}, which reads shards with "
                "the mixture in them; run with --set mixture=FILE for other shards"
            )
        blend = reweighted(blend, read_given(asked.mixture))
    if asked.phase is not None:
        blend = blend.only(asked.phase)
    if all(isinstance(load_format(form), TokenFormat) for form in exporter.about.forms(settings)):
        blend = without_empty(blend)
    files = write_blend(exporter, blend, settings)
    if asked.check:
        # the records of a run lie beside its train/ folder, those of a copy in it
        _check_places(exporter, blend, folder / "train" if (folder / "train").is_dir() else folder, settings)
    if asked.out is not None:
        for name, text in files.items():
            write_text(asked.out / name, text)
    simulation = simulate(exporter, blend, files, settings) if asked.simulate else None
    unit = exporter.about.unit(settings)
    return Export(trainer, unit, files, asked.out, simulation, _notes(exporter, blend, settings))


def _check_places(exporter: Exporter, blend: Blend, folder: Path, settings: Settings) -> None:
    """Check that the files of every domain are there, relative to the folder.

    Raises:
        ConfigError: the places are URLs.
        InputError: there is nothing at a place.
    """
    about = exporter.about
    if "://" in about.place(settings):
        raise ConfigError(f"expected a local --prefix with --check, found {about.place(settings)!r}")
    suffixes = tuple(load_format(name).suffix for name in about.forms(settings))
    lacking = _lacking(about, blend, settings)
    for phase in blend.phases:
        places = [place.path for place in about.places(phase, settings)] if not about.applied else []
        for place in places or [about.whole_place(phase, settings)]:
            if not _lies_at(folder / place, suffixes):
                raise InputError(
                    f"expected {about.needs}, found nothing at {folder / place}; {f'{lacking}; or ' if lacking else ''}"
                    "say where it lies with --prefix or --location, or leave --check away"
                )


def _lies_at(path: Path, suffixes: tuple[str, ...]) -> bool:
    """Tell whether a file, what a pattern matches, a file that begins with a path or one of a folder's is there."""
    if path.is_dir():
        return any(found.name.endswith(suffixes) for found in path.rglob("*"))
    name = re.sub(r"\{\d+\.\.\d+\}", "*", path.name)
    begins = [name, f"{name}.*"]
    return path.exists() or any(True for pattern in begins for _ in path.parent.glob(pattern))


def _notes(exporter: Exporter, blend: Blend, settings: Settings) -> list[str]:
    about = exporter.about
    notes = [f"left out, for nothing of it is read: {name}" for name in blend.left_out]
    if about.applied:
        notes.append(f"no weights: {about.trainer} cannot repeat domains, so give it {about.needs}")
    elif not settings.prefix and settings.location is None:
        notes.append(f"needs {about.needs}; their place is written as {about.location}, in the run's train/")
    if lacking := _lacking(about, blend, settings):
        notes.append(lacking)
    if len(blend.phases) > 1 and not about.phases:
        notes.append(f"{about.trainer} needs a run for each phase: a folder of files each, in the order of {PHASES}")
    for portion in blend.whole.portions:
        epochs = portion.tokens / max(portion.available_tokens, 1)
        if epochs > blend.max_epochs * ROUNDING:
            notes.append(f"{portion.name} is read {epochs:.2f} times, more than max_epochs, {blend.max_epochs:g}")
    return notes


def _lacking(about: About, blend: Blend, settings: Settings) -> str | None:
    """Say in what the run's shards are not what the trainer needs; None: in nothing, or others may be meant."""
    if blend.layout is None or settings.location is not None:
        return None
    forms, held = about.forms(settings), f"the run's shards are {blend.layout}, {', '.join(blend.formats)}"
    written = [form for form in forms if form in blend.formats]
    layout = "mixed" if about.applied else "by-domain"
    asked = [] if blend.layout == layout else [f"shards.layout={layout}"]
    if not written or (about.alone and len(blend.formats) > 1):
        asked.append(f"shards.formats=[{forms[0]}]")
    if asked:
        return f"{held}: run with --set {' --set '.join(asked)}"
    usual, found = (load_format(form).suffix for form in (forms[0], written[0]))
    if forms[0] in blend.formats or not about.location.endswith(usual):
        return None
    return f"{held}: export with --location '{about.location.removesuffix(usual)}{found}'"


def _table(simulation: Simulation) -> list[str]:
    """Return a table of each phase, where there are several, and of the whole."""
    several = simulation.phases if len(simulation.phases) > 1 else ()
    lines = [line for phase in several for line in (f"phase {phase.name}", *_rows(phase.domains), "")]
    planned = "" if simulation.draws == simulation.planned else f" of {simulation.planned:,} planned"
    end = f"largest deviation {100 * simulation.deviation:.4f} percentage points, {simulation.draws:,}{planned}"
    return [*lines, *(["all phases"] if several else []), *_rows(simulation.domains), f"{end} {simulation.unit} drawn"]


def _rows(domains: Sequence[Outlook]) -> list[str]:
    width = max(len(domain.name) for domain in domains)
    head = f"{'domain'.ljust(width)}  {'target':>8}  {'realised':>8}  {'epochs':>7}"
    rows = [
        f"{domain.name.ljust(width)}  {domain.target:8.4%}  {domain.realised:8.4%}  {domain.epochs:7.2f}"
        for domain in domains
    ]
    return [head, *rows]
