"""What can be refused before any work: missing files, unknown plug-ins, impossible sizes.

Only names, sizes and local Parquet footers are looked at, so it takes seconds on any corpus. What is known only after
counting (the budget against the epoch caps, the documents against the domains) is bounded here, because a text has at
most one token per byte, and checked exactly as soon as the documents are counted, before anything is embedded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mixpipe.config import RunConfig
from mixpipe.corpus.remote import remote_files
from mixpipe.errors import ConfigError, InputError
from mixpipe.plan.copies import check_budget
from mixpipe.registry import load_plugin
from mixpipe.scores import SCORERS
from mixpipe.scores.given import check_given
from mixpipe.search.evaluators import evaluator_identity
from mixpipe.search.given import given_identity
from mixpipe.search.methods import METHODS, method_names
from mixpipe.shards.formats import check_formats
from mixpipe.stages import STAGES, StageName
from mixpipe.store.artefact import Artefact
from mixpipe.store.cache import is_remote

__all__ = ["CorpusSize", "check_counted", "check_stage", "preflight"]

PACKED = {".gz": 5.0, ".zst": 5.0, ".parquet": 3.0}  # text bytes per stored byte, for the forecast only
MOST_PACKED = 1100.0  # gzip cannot expand further; bounds what a compressed input may hold
# Settings that name plug-ins, and the registries that know them.
PLUGINS = {
    "embed.encoder": ("encoder", "mixpipe.embed.encoders:ENCODERS"),
    "scores.scorers": ("scorer", "mixpipe.scores:SCORERS"),
    "search.surrogate": ("surrogate", "mixpipe.search.surrogates:SURROGATES"),
    "search.evaluator": ("evaluator", "mixpipe.search.evaluators:EVALUATORS"),
    "shards.formats": ("format", "mixpipe.shards.formats:FORMATS"),
}
BYTES_PER_DOCUMENT = 2000.0  # where documents cannot be counted without reading them


@dataclass(frozen=True)
class CorpusSize:
    """What is known of the input without reading it.

    Attributes:
        files: number of files.
        stored_bytes: their size on disk.
        text_bytes: estimated size of the text.
        documents: number of documents, estimated unless `is_counted`.
        is_counted: every file's documents were counted (Parquet footers).
    """

    files: int
    stored_bytes: int
    text_bytes: float
    documents: float
    is_counted: bool


def preflight(config: RunConfig) -> CorpusSize:
    """Check what can be checked without work; return the size of the corpus.

    Raises:
        InputError: an input or a target is missing or empty.
        ConfigError: a plug-in or a target is unknown, a size is impossible, the given mixture cannot be read, what
            the evaluator or a format needs is missing, or two formats would write one file.
    """
    check_plugins(config)
    check_formats(config.shards.formats)
    check_plan_columns(config)
    check_given(config.scores)
    given_identity(config.search)
    evaluator_identity(config.search)
    if unknown := sorted(set(config.search.command.maximise) - set(config.targets.sets)):
        raise ConfigError(
            f"search.command.maximise: expected targets among {', '.join(config.targets.sets)}, "
            f"found {', '.join(unknown)}"
        )
    for place, held in config.targets.by_prefix.values():
        if is_remote(held.path):
            remote_files(held.path, f"{place}.path")
        elif not held.path.startswith("hf:") and not _exists(held.path):
            raise InputError(f"expected texts at {place}.path, found nothing at {held.path}; check the path")
    size = _corpus_size(config.ingest.paths)
    if size.files and not size.stored_bytes:
        raise InputError(
            f"expected documents at ingest.paths, found only empty files at {', '.join(config.ingest.paths)}"
        )
    if size.files:
        check_corpus_budget(config, size.stored_bytes * MOST_PACKED)
    if size.is_counted:
        check_domains(config, size.documents)
    check_text_column(config)
    return size


def check_plugins(config: RunConfig) -> None:
    """Refuse names of plug-ins that no registry knows.

    Raises:
        ConfigError: names the setting and the known names.
    """
    for setting, (what, place) in PLUGINS.items():
        section, field = setting.split(".")
        registry = load_plugin({what: place}, what, "registry")
        value = getattr(config.section(section), field)
        unknown = [name for name in ((value,) if isinstance(value, str) else value or ()) if name not in registry]
        if unknown:
            known = ", ".join(sorted(registry))
            raise ConfigError(f"{setting}: expected a {what} among {known}, found {', '.join(map(repr, unknown))}")
    if config.search.method not in (methods := [*METHODS, *method_names()]):
        raise ConfigError(
            f"search.method: expected a method among {', '.join(sorted(set(methods)))}, found {config.search.method!r}"
        )


def check_plan_columns(config: RunConfig) -> None:
    """Refuse a plan maker whose score columns no configured scorer gives: a scorer's columns begin with its name.

    Raises:
        ConfigError: names the column.
    """
    for column in config.plan.chosen.columns:
        named = [scorer for scorer in config.scores.scorers if f"{column}_".startswith(f"{scorer}_")]
        if not any(column in load_plugin(SCORERS, scorer, "scorer").columns for scorer in named):
            raise ConfigError(
                f"plan.maker: expected scorers that give {column}, which {config.plan.maker} reads, found "
                f"{', '.join(config.scores.scorers)}; add its scorer to scores.scorers"
            )


def check_text_column(config: RunConfig) -> None:
    """Refuse a corpus of Parquet files none of which has the text column; one file without it is ingest's to report.

    Raises:
        InputError: names the column and those of the first file.
    """
    found = None
    for file in (file for path in config.ingest.paths if _is_local(path) for file in _files(path)):
        if (columns := _parquet_columns(file)) is None or config.ingest.text in columns:
            return
        found = found or columns
    if found:
        raise InputError(
            f"expected a column {config.ingest.text!r} in the Parquet files of ingest.paths, "
            f"found {', '.join(found[:12])}; set `ingest.text`"
        )


def check_counted(config: RunConfig, artefacts: Mapping[str, Artefact]) -> None:
    """Check, once the documents are counted, what could only be bounded before.

    Raises:
        ConfigError: the budget cannot be filled, or there are fewer documents than domains.
    """
    if "ingest" in artefacts:
        ingest = artefacts["ingest"]
        counts = ingest.counts
        try:
            check_corpus_budget(config, counts["tokens"])
        except ConfigError as error:
            if not counts.get("quarantined"):
                raise
            lost = f"{counts['quarantined']:,.0f} records could not be read"
            raise ConfigError(f"{error}; {lost}: {ingest.file('quarantine.parquet')} says why") from error
        check_domains(config, counts["documents"] - counts["duplicates"])


def check_corpus_budget(config: RunConfig, tokens: float) -> None:
    """Refuse a budget that the epoch cap cannot fill from a corpus of `tokens` tokens.

    Raises:
        ConfigError: with the shortfall in tokens.
    """
    check_budget(np.array([float(config.budget_tokens)]), np.array([float(tokens)]), config.max_epochs, ["corpus"])


def check_domains(config: RunConfig, documents: float) -> None:
    """Refuse more domains than there are documents.

    Raises:
        ConfigError: with both numbers.
    """
    wanted = config.domains.count
    if isinstance(wanted, int) and wanted > documents:
        raise ConfigError(
            f"domains.count: expected at most the number of distinct documents, {documents:,.0f}, found {wanted}; "
            "ask for fewer domains or set domains.count to auto"
        )


def check_stage(name: str) -> StageName:
    """Return the name of a stage; refuse one that does not exist.

    Raises:
        ConfigError: the message lists the stages.
    """
    for stage in STAGES:
        if name == stage:
            return stage
    raise ConfigError(f"expected one of {', '.join(STAGES)} for --until, found {name!r}")


def _exists(path: str) -> bool:
    """Tell whether a path or the folder that a glob starts in is there; what a glob matches is ingest's business."""
    return Path(path).exists() or any(char in path for char in "*?[")


def _is_local(path: str) -> bool:
    return not path.startswith("hf:") and not is_remote(path)


def _corpus_size(paths: tuple[str, ...]) -> CorpusSize:
    sizes: list[tuple[str, int, int | None]] = [
        (file.name, file.stored.size, None)
        for path in paths
        if is_remote(path)
        for file in remote_files(path, "ingest.paths")
    ]
    missing = [path for path in paths if _is_local(path) and not _exists(path)]
    if missing:
        raise InputError(f"expected documents at ingest.paths, found nothing at {', '.join(missing)}; check the path")
    files = [file for path in paths if _is_local(path) for file in _files(path)]
    sizes += [(file.name, file.stat().st_size, _parquet_rows(file)) for file in files]
    stored, text, documents, counted = 0, 0.0, 0.0, bool(sizes)
    for name, size, rows in sizes:
        factor = PACKED.get(PurePosixPath(name).suffix.lower(), 1.0)
        stored, text = stored + size, text + size * factor
        documents += size * factor / BYTES_PER_DOCUMENT if rows is None else rows
        counted = counted and rows is not None
    return CorpusSize(len(sizes), stored, text, documents, counted)


def _files(path: str) -> list[Path]:
    place = Path(path)
    if place.is_file():
        return [place]
    if place.is_dir():
        return [file for file in place.rglob("*") if file.is_file()]
    return [file for file in Path(place.anchor or ".").glob(str(place.relative_to(place.anchor))) if file.is_file()]


def _parquet_columns(file: Path) -> list[str] | None:
    """Return a Parquet file's columns; None of a file of another kind, a broken or an empty one."""
    if file.suffix.lower() != ".parquet":
        return None
    try:
        return list(pq.read_schema(file).names) or None
    except (OSError, pa.ArrowException):
        return None


def _parquet_rows(file: Path) -> int | None:
    if file.suffix.lower() != ".parquet":
        return None
    try:
        return int(pq.read_metadata(file).num_rows)
    except (OSError, pa.ArrowException):
        return None  # a broken file is ingest's to report, with its reason
