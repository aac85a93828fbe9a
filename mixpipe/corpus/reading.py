"""Step `read` of ingest: groups of files become pieces; then, once, exact duplicates and the tokenizer.

The pieces are scratch: until sealing, the corpus lies on disk twice. A group that an earlier artefact has read is taken
over: the artefact's documents stand in for the pieces, from which they differ in nothing that is read of a piece.
"""

from collections import Counter
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from mixpipe.corpus.config import IngestConfig
from mixpipe.corpus.duplicates import mark_duplicates, sample_texts
from mixpipe.corpus.groups import groups, units_of
from mixpipe.corpus.inputs import check_unchanged, input_files, inputs_identity
from mixpipe.corpus.pieces import Limits, Piece, piece_name, pieces_of, quarantine_tables, write_pieces
from mixpipe.corpus.readers.record import Wanted
from mixpipe.errors import InputError
from mixpipe.store.artefact import Artefact, Counts
from mixpipe.store.files import read_json, write_text
from mixpipe.store.fingerprint import Json, fingerprint
from mixpipe.store.stage import Context, Part
from mixpipe.tokenizer import load_tokenizer, tokenizer_json, train_tokenizer

__all__ = [
    "DUPLICATES",
    "PIECES",
    "TOKENIZER",
    "all_pieces",
    "documents_of",
    "finish_read",
    "numbered",
    "outside",
    "plan_read",
    "run_read",
    "wanted_of",
]

DUPLICATES = "duplicates.bin"
PIECES = "read-*.parquet"
TOKENIZER = "tokenizer.json"
LATER_SETTINGS = ("vocabulary", "seed")  # matter only once the groups are read
COMPRESSION = 4  # text is about four times its compressed files: a group of part_mib / 4 on disk fills a part or so
LEAST_SAMPLE = 4096  # documents to train a tokenizer on; one per token of the vocabulary if that is more


def outside(config: IngestConfig) -> dict[str, Json]:
    """Return the identity of the input files and of the tokenizer, when one is given."""
    given = None if config.tokenizer is None else fingerprint(tokenizer_json(config.tokenizer))
    return {"inputs": inputs_identity(input_files(config.paths, "ingest.paths")), "tokenizer": given}


def plan_read(context: Context) -> list[Part]:
    """List the groups of input files.

    Raises:
        InputError: they are no longer those that the artefact is named after.
    """
    config: IngestConfig = context.config
    files = input_files(config.paths, "ingest.paths")
    check_unchanged(files, context.outside["inputs"], "ingest.paths")
    found = list(groups(files, max(1, int(config.part_mib * (1 << 20) / COMPRESSION))))
    settings = {name: value for name, value in config.identity().items() if name not in LATER_SETTINGS}
    return [
        Part(
            name,
            {"units": [unit.spec() for unit in group]},
            {**settings, "units": [unit.identity for unit in group]},
        )
        for name, group in zip(numbered("read", len(found)), found, strict=True)
    ]


def run_read(context: Context, part: Part) -> Counts:
    """Read one group of files into pieces."""
    config: IngestConfig = context.config
    limits = Limits(config.documents_per_part, int(config.part_mib * (1 << 20)))
    return write_pieces(context.out, part.name, units_of(part), wanted=wanted_of(config), limits=limits)


def finish_read(context: Context) -> Counts:
    """Mark exact duplicates; train the tokenizer, or take the given one.

    Raises:
        InputError: no file gave a document.
    """
    config: IngestConfig = context.config
    out = context.out
    pieces = all_pieces(context)
    if not pieces:
        reasons = Counter(pa.concat_tables(quarantine_tables(out))["reason"].to_pylist())
        found = ", ".join(f"{reason} ({count})" for reason, count in reasons.most_common(5)) or "no records"
        raise InputError(f"expected at least one document in ingest.paths, found {found}; check `ingest.text`")
    sample = max(LEAST_SAMPLE, config.vocabulary)
    places = mark_duplicates(out, pieces, out / DUPLICATES, sample=sample, seed=config.seed)
    if config.tokenizer is None:
        text = train_tokenizer(sample_texts(out, pieces, places), config.vocabulary)
    else:
        load_tokenizer(config.tokenizer)
        text = tokenizer_json(config.tokenizer)
    write_text(out / TOKENIZER, text)
    return {}


def all_pieces(context: Context) -> list[Piece]:
    """Return the pieces of all groups, in input order."""
    parts = sorted(path.stem for path in context.out.glob("read-*.json"))
    return [piece for part in parts for piece in pieces_of(context.out, part)]


def documents_of(artefact: Artefact, piece: str) -> str | None:
    """Return the part of a sealed artefact that has the documents of a piece; none has a piece's given columns."""
    config = dict(artefact.manifest.identity)["config"]
    given = isinstance(config, dict) and (config.get("domain") or config.get("embedding"))
    return None if given else _parts_by_piece(artefact.path, tuple(artefact.names())).get(piece)


@lru_cache(maxsize=8)
def _parts_by_piece(folder: Path, parts: tuple[str, ...]) -> dict[str, str]:
    """Return by name of a piece, which is gone, the name of the part made from it: both are numbered in one order."""
    indices = sorted(folder.glob("read-*.json"))
    pieces = [piece_name(path.stem, n) for path in indices for n in range(len(read_json(path)["pieces"]))]
    return dict(zip(pieces, parts, strict=True))


def numbered(step: str, total: int) -> list[str]:
    """Return the names of a step's parts, zero-padded so that their order is that of their names."""
    width = max(5, len(str(total)))
    return [f"{step}-{number:0{width}d}-of-{total:0{width}d}" for number in range(total)]


def wanted_of(config: IngestConfig) -> Wanted:
    """Return what readers are asked for."""
    return Wanted(
        text=config.text,
        id=config.id,
        source=config.source,
        domain=config.domain,
        embedding=config.embedding,
        meta=config.meta,
        max_bytes=int(config.max_document_mib * (1 << 20)),
        mask=config.mask,
    )
