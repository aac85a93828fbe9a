"""Section: how the run was made, stage by stage, its configuration, and how to make it again."""

import io
import shlex

from ruamel.yaml import YAML

from mixpipe.report.blocks import Block, Cell, Column, Section, Source, Table, number, row_of
from mixpipe.report.facts import Artefacts
from mixpipe.report.numbers import SPACE, compact, count, duration, memory
from mixpipe.report.texts import printable
from mixpipe.store.artefact import Artefact

__all__ = ["provenance_section"]

FILES = {
    "train/": "the shards, with a data set card and their manifest",
    "mixture.json": "the mixture, for trainers",
    "config.yaml": "the configuration, defaults filled in",
    "run.json": "which artefacts the run is made of",
}


def provenance_section(artefacts: Artefacts, title: str) -> Section:
    """Return the section.

    Args:
        artefacts: of the run, by stage.
        title: the run's name.
    """
    lead = (
        "Every stage is addressed by a fingerprint of its configuration and inputs: equal fingerprints mean equal "
        "bytes. Work is summed over workers, so it is longer than the clock's time when there are several."
    )
    # In a run's folder, <root>/runs/<name>, the root is two levels up.
    command = f"mixpipe run config.yaml --root ../.. --name {shlex.quote(printable(title, 80))}\nmixpipe verify ."
    blocks: list[Block] = [_stages(artefacts)]
    if "shards" in artefacts:
        rows = [row_of(Cell(name, link=name), what) for name, what in FILES.items()]
        heads = [Column("beside this report", numeric=False), Column("what it is", numeric=False)]
        blocks.append(Table(heads, rows))
    blocks += [
        Source(command, "Make it again (in this report's folder; finished stages are not repeated)"),
        Source(_configuration(artefacts), "Configuration that decided the result"),
    ]
    return Section("provenance", "Provenance", lead, blocks)


def _stages(artefacts: Artefacts) -> Table:
    columns = [Column("stage", numeric=False), Column("fingerprint", numeric=False), Column("version")]
    columns += [Column(name) for name in ("work", "peak memory", "parts", "documents", "tokens", "size")]
    rows = [_stage(name, artefact) for name, artefact in artefacts.items()]
    machines = dict.fromkeys(_machine(artefact.manifest.provenance) for artefact in artefacts.values())
    return Table([*columns, Column("sealed, UTC")], rows, f"Made on {'; '.join(machines)}.")


def _stage(name: str, artefact: Artefact) -> list[Cell]:
    manifest, made = artefact.manifest, artefact.manifest.provenance
    seconds = float(str(made["part_seconds"])) + sum(_finish_seconds(made))
    peak = float(str(made["peak_rss_mib"]))
    size = sum(entry.bytes for entry in manifest.files) / (1 << 20)
    documents, tokens = manifest.counts.get("documents"), manifest.counts.get("tokens")
    sealed = printable(made["sealed_at"])
    return row_of(
        name,
        Cell(manifest.fingerprint[:12], mono=True),
        number(str(manifest.version), manifest.version),
        number(duration(seconds), seconds),
        number(memory(peak), peak),
        number(count(len(manifest.parts)), len(manifest.parts)),
        number(count(documents), documents),
        number(compact(tokens), tokens),
        number(memory(size), size),
        number(sealed[:16].replace("T", SPACE), float("".join(filter(str.isdigit, sealed)) or 0)),
    )


def _machine(made: dict[str, object]) -> str:
    """Say on what a stage was made; floating point may differ between kinds of machines."""
    place = f"{made['host']} ({made['machine']}, {made['cpu_count']} cores)"
    return printable(f"{place}, mixpipe {made['mixpipe']}, Python {made['python']}")


def _finish_seconds(made: dict[str, object]) -> list[float]:
    finishes = made["finish_seconds"]
    return [float(seconds) for seconds in finishes.values()] if isinstance(finishes, dict) else []


def _configuration(artefacts: Artefacts) -> str:
    sections = {name: artefact.manifest.identity.get("config", {}) for name, artefact in artefacts.items()}
    text = io.StringIO()
    writer = YAML()
    writer.default_flow_style = False
    writer.dump(sections, text)
    return "\n".join(_printable_line(line) for line in text.getvalue().splitlines())


def _printable_line(line: str) -> str:
    """Return a line of YAML made printable, its indent kept."""
    body = line.lstrip(" ")
    return " " * (len(line) - len(body)) + printable(body, 400)
