"""The parts of every step: one per part of documents."""

from collections.abc import Mapping
from pathlib import Path

from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context, Part

__all__ = ["SOURCES", "document_parts", "paths_of"]

SOURCES = ("ingest", "domains", "scores")


def document_parts(context: Context, prefix: str, extra: Mapping[str, Json] | None = None) -> list[Part]:
    """Return one part per part of documents, named with another prefix.

    Its spec has the name and the number of the part of documents.

    Args:
        context: of the stage.
        prefix: of the names.
        extra: what decides the bytes besides the part of documents and the config.
    """
    parts = []
    for number, name in enumerate(context.inputs["ingest"].names()):
        identity: dict[str, Json] = {stage: context.inputs[stage].digest(name) for stage in SOURCES}
        identity |= {**(extra or {}), "step": prefix, "config": context.config.identity()}
        spec: dict[str, Json] = {"part": name, "number": number}
        parts.append(Part(prefix + Path(name).stem.removeprefix("part"), spec, identity))
    return parts


def paths_of(context: Context, prefix: str, suffix: str = ".parquet") -> list[Path]:
    """Return the files of a step, in corpus order."""
    names = (Path(name).stem.removeprefix("part") for name in context.inputs["ingest"].names())
    return [context.out / f"{prefix}{name}{suffix}" for name in names]
