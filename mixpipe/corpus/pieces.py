"""From a group of input files to pieces: files of documents of bounded size, and a quarantine beside them.

A part writes `<part>-00000.parquet` and so on (DOCUMENTS, no tokens counted yet, and the given columns),
`<part>-00000.quarantine` (QUARANTINE, as Parquet) and `<part>.json`: per piece its rows, bytes and SHA-256, and how
many records were seen. Memory holds one piece, the record being read and up to 8,192 rejections.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from mixpipe.corpus.documents import Document, document
from mixpipe.corpus.groups import Unit
from mixpipe.corpus.inputs import printable
from mixpipe.corpus.readers.dispatch import read_file
from mixpipe.corpus.readers.record import WHOLE_FILE, Rejected, Wanted
from mixpipe.errors import InputError
from mixpipe.store.artefact import Counts
from mixpipe.store.files import read_json, read_table, write_json, write_table
from mixpipe.store.fingerprint import Json, file_digest
from mixpipe.tables import DOCUMENTS, QUARANTINE

__all__ = [
    "Limits",
    "Piece",
    "given_fields",
    "merge_quarantine",
    "piece_name",
    "pieces_of",
    "quarantine_tables",
    "write_pieces",
]

MOST_REJECTED = 1 << 13  # per quarantine file
DETAIL_CHARACTERS = 300


@dataclass(frozen=True)
class Limits:
    """The most documents and bytes of text in one piece."""

    documents: int
    bytes: int


@dataclass(frozen=True)
class Piece:
    """One piece of a finished part."""

    file: str
    rows: int
    bytes: int
    sha256: str


def given_fields(wanted: Wanted) -> list[pa.Field]:
    """Return the columns of a piece for given domains and embeddings."""
    fields = []
    if wanted.domain:
        fields.append(pa.field("domain", pa.string(), nullable=False))
    if wanted.embedding:
        fields.append(pa.field("vector", pa.list_(pa.float32()), nullable=False))
    return fields


def write_pieces(
    out: Path, part: str, units: Iterable[Unit], *, wanted: Wanted, limits: Limits, target: str | None = None
) -> Counts:
    """Read the files of a group into pieces and a quarantine.

    Args:
        out: the folder to write to.
        part: beginning of every name written.
        units: the group.
        wanted: the columns asked for.
        limits: the size of a piece.
        target: name of the held-out set that the group is: it becomes `source`, and repeats are marked.

    Raises:
        InputError: a file was changed since it was hashed.
    """
    writer = _Writer(out, part, wanted, limits, target)
    files = 0
    for unit in units:
        files += unit.row_groups is None or unit.row_groups[0] == 0
        for found in _read(unit, wanted):
            writer.take(unit.file.name, found)
    counts = writer.close()
    return {**counts, "files": files}


def pieces_of(out: Path, part: str) -> list[Piece]:
    """Return the pieces that a finished part wrote, in order."""
    rows = read_json(out / f"{part}.json")["pieces"]
    return [Piece(file=piece_name(part, number), **row) for number, row in enumerate(rows)]


def piece_name(part: str, number: int) -> str:
    """Return the name of a part's piece, counted from 0."""
    return f"{part}-{number:05d}.parquet"


def _read(unit: Unit, wanted: Wanted) -> Iterator[tuple[Document | Rejected, bool]]:
    """Yield (document or rejection, whether it is a record of its own) for everything in a file."""
    file = unit.file
    if file.reason:
        yield Rejected(WHOLE_FILE, file.reason, "not read"), False
        return
    try:
        status = Path(file.path).stat()
    except OSError as error:
        raise InputError(f"expected {file.name} as it was when the run began, found: {error.strerror}") from error
    if (status.st_size, status.st_mtime_ns) != (file.size, file.changed):
        raise InputError(f"expected {file.name} as it was when the run began, found it changed; run again")
    for found in read_file(Path(file.path), wanted, unit.row_groups):
        if isinstance(found, Rejected):
            yield found, found.position != WHOLE_FILE
        else:
            yield document(found, wanted, file.name), True


@dataclass
class _Writer:
    """Fills pieces and the quarantine."""

    out: Path
    part: str
    wanted: Wanted
    limits: Limits
    target: str | None
    rows: list[Document] = field(default_factory=list)
    filled: int = 0
    rejected: list[dict[str, str]] = field(default_factory=list)
    pieces: list[Json] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    counts: Counts = field(
        default_factory=lambda: {"records": 0, "records_rejected": 0, "files_rejected": 0, "quarantined": 0}
    )

    def take(self, file: str, found: tuple[Document | Rejected, bool]) -> None:
        """Add a document to its piece, or a rejection to the quarantine."""
        item, is_record = found
        self.counts["records"] += is_record
        if isinstance(item, Rejected):
            self._reject(file, item, is_record=is_record)
            return
        if self.rows and (len(self.rows) >= self.limits.documents or self.filled + item.n_bytes > self.limits.bytes):
            self._write_piece()
        for kind, count in item.masked.items():
            self.counts[f"masked_{kind}"] = self.counts.get(f"masked_{kind}", 0) + count
        self.rows.append(item)
        self.filled += item.n_bytes

    def close(self) -> Counts:
        """Write what is left and the index; return the counts."""
        if self.rows:
            self._write_piece()
        self._write_rejected()
        index: dict[str, Json] = {
            "pieces": self.pieces,
            "records": self.counts["records"],
            "records_rejected": self.counts["records_rejected"],
        }
        write_json(self.out / f"{self.part}.json", index)
        return self.counts

    def _reject(self, file: str, item: Rejected, *, is_record: bool) -> None:
        self.counts["records_rejected"] += is_record
        self.counts["files_rejected"] += item.position == WHOLE_FILE
        self.counts["quarantined"] += 1
        detail = printable(item.detail)[:DETAIL_CHARACTERS]
        self.rejected.append({"file": file, "position": item.position, "reason": item.reason, "detail": detail})
        if len(self.rejected) == MOST_REJECTED:
            self._write_rejected()

    def _write_rejected(self) -> None:
        if not self.rejected:
            return
        number = int(self.counts["quarantined"] - 1) // MOST_REJECTED
        table = pa.Table.from_pylist(self.rejected, schema=QUARANTINE)
        write_table(self.out / f"{self.part}-{number:05d}.quarantine", table, QUARANTINE)
        self.rejected = []

    def _write_piece(self) -> None:
        ids, texts, sources, sizes, metas, domains, vectors, _ = zip(*self.rows, strict=True)
        columns = {
            "id": ids,
            "text": texts,
            "source": sources if self.target is None else [self.target] * len(ids),
            "n_bytes": sizes,
            "n_tokens": [0] * len(ids),
            "duplicate": self._repeats(ids),
            "meta": metas,
            "domain": domains,
            "vector": vectors,
        }
        schema = pa.schema([*DOCUMENTS, *given_fields(self.wanted)])
        path = self.out / piece_name(self.part, len(self.pieces))
        write_table(path, pa.table({name: columns[name] for name in schema.names}, schema=schema), schema)
        self.pieces.append({"rows": len(ids), "bytes": self.filled, "sha256": file_digest(path)})
        self.rows, self.filled = [], 0

    def _repeats(self, ids: tuple[str, ...]) -> list[bool]:
        """Mark the ids that a target holds already; a corpus is too large for that and has a step of its own."""
        if self.target is None:
            return [False] * len(ids)
        marks = []
        for document_id in ids:
            marks.append(document_id in self.seen)
            self.seen.add(document_id)
        return marks


def merge_quarantine(out: Path) -> None:
    """Write the quarantines of all parts as one file, in order."""
    batches = (batch for table in quarantine_tables(out) for batch in table.to_batches())
    write_table(out / "quarantine.parquet", batches, QUARANTINE)


def quarantine_tables(out: Path) -> Iterator[pa.Table]:
    """Yield the quarantines of all parts in order, after an empty one."""
    yield QUARANTINE.empty_table()
    for path in sorted(out.glob("*.quarantine")):
        yield read_table(path)
