"""A small corpus as sealed artefacts of ingest and embed (the files they would write), and the stage built on them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.domains.config import DomainsConfig
from mixpipe.domains.stage import DOMAINS
from mixpipe.store.artefact import MANIFEST, Artefact, FileEntry, Manifest
from mixpipe.store.build import Job, finish_step, open_stage, run_part
from mixpipe.store.files import write_json, write_table
from mixpipe.store.fingerprint import file_digest, fingerprint, text_id
from mixpipe.store.seal import seal
from mixpipe.tables import DOCUMENTS, embeddings_schema

WORDS = {
    "cooking": "flour butter sugar oven bake stir onion garlic pepper salt dish recipe cream".split(),
    "law": "court justice counsel statute appeal petitioner clause congress opinion judge jury verdict".split(),
    "code": "return const void struct include sizeof typedef static unsigned pointer break switch".split(),
}


@dataclass(frozen=True)
class Corpus:
    """Texts, their vectors and, where they came with the corpus, their domains."""

    texts: Sequence[str]
    vectors: np.ndarray
    domains: Sequence[str] | None = None

    def rows(self, chosen: slice | np.ndarray) -> "Corpus":
        """Return some of the rows."""
        rows = np.arange(len(self.texts))[chosen]
        domains = None if self.domains is None else [self.domains[i] for i in rows]
        return Corpus([self.texts[i] for i in rows], self.vectors[rows], domains)


@pytest.fixture(scope="session")
def three_kinds() -> Corpus:
    """120 documents of three kinds, told apart by words and by vectors; 60 cooking, 40 law, 20 code."""
    rng = np.random.default_rng(0)
    kinds = [kind for kind, n in (("cooking", 60), ("law", 40), ("code", 20)) for _ in range(n)]
    texts = [f"{n}: " + " ".join(rng.choice(WORDS[kind], 30)) for n, kind in enumerate(kinds)]
    centres = dict(zip(WORDS, np.eye(3, 8), strict=True))
    vectors = np.stack([centres[kind] + 0.1 * rng.standard_normal(8) for kind in kinds])
    return Corpus(texts, vectors, kinds).rows(rng.permutation(len(texts)))


@pytest.fixture
def inputs(tmp_path: Path) -> Callable[..., dict[str, Artefact]]:
    """Seal artefacts `ingest` and `embed` that hold a corpus in parts of `size` documents."""

    def seal_inputs(corpus: Corpus, size: int = 40, encoder: str = "one") -> dict[str, Artefact]:
        folder = tmp_path / fingerprint([*corpus.texts, size, list(corpus.domains or []), encoder])
        seen: set[str] = set()
        starts = range(0, len(corpus.texts), size)
        for i, start in enumerate(starts):
            name = f"{i:05d}-of-{len(starts):05d}.parquet"
            part = corpus.rows(slice(start, start + size))
            _write_documents(folder / "ingest" / f"part-{name}", part, seen)
            _write_vectors(folder / "embed" / f"part-{name}", part)
            if part.domains is not None:
                given = pa.table(
                    {"id": [text_id(t) for t in part.texts], "domain": pa.array(part.domains, pa.string())}
                )
                write_table(folder / "ingest" / f"given-{name}", given, given.schema)
        write_json(folder / "embed" / "encoder.json", {"encoder": "made", "digest": encoder, "dtype": "float32"})
        counts = {"documents": len(corpus.texts), "duplicates": len(corpus.texts) - len(seen)}
        write_json(folder / "ingest" / "sources.json", {"all": counts})
        return {stage: _sealed(folder / stage, stage) for stage in ("ingest", "embed")}

    return seal_inputs


def build(root: Path, config: DomainsConfig, inputs: Mapping[str, Artefact]) -> Artefact:
    """Build the stage in this process."""
    job = open_stage(root, DOMAINS, config, inputs)
    if isinstance(job, Job):
        for step in job.steps:
            for part in job.pending(step, job.plan(step)):
                run_part(job, step, part)
            finish_step(job, step)
        return seal(job)
    return job


@pytest.fixture(name="build")
def _build() -> Callable[[Path, DomainsConfig, Mapping[str, Artefact]], Artefact]:
    return build


def _write_documents(path: Path, part: Corpus, seen: set[str]) -> None:
    ids = [text_id(text) for text in part.texts]
    columns = {
        "id": ids,
        "text": list(part.texts),
        "source": [""] * len(ids),
        "n_bytes": [len(text.encode()) for text in part.texts],
        "n_tokens": [len(text.split()) for text in part.texts],
        "duplicate": [name in seen or bool(seen.add(name)) for name in ids],
        "meta": ["{}"] * len(ids),
    }
    write_table(path, pa.table(columns), DOCUMENTS)


def _write_vectors(path: Path, part: Corpus) -> None:
    norms = np.linalg.norm(part.vectors, axis=1, keepdims=True)
    unit = (part.vectors / np.where(norms > 0, norms, 1)).astype(np.float16)
    schema = embeddings_schema(unit.shape[1])
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(unit.ravel()), type=schema.field("vector").type)
    write_table(path, pa.table({"id": [text_id(text) for text in part.texts], "vector": vectors}), schema)


def _sealed(folder: Path, stage: str) -> Artefact:
    files = [
        FileEntry(name=path.name, bytes=path.stat().st_size, sha256=file_digest(path))
        for path in sorted(folder.iterdir())
        if path.name != MANIFEST
    ]
    digest = fingerprint([entry.sha256 for entry in files])
    manifest = Manifest(
        stage=stage, version=1, fingerprint=digest, identity={}, files=tuple(files), parts=(), counts={}, provenance={}
    )
    write_json(folder / MANIFEST, manifest.model_dump(mode="json"))
    return Artefact.load(folder)


@pytest.fixture
def three() -> DomainsConfig:
    """Three domains, more than half of the tokens allowed to one."""
    return DomainsConfig(count=3, clusters=6, lexical_dimensions=8, max_largest_share=0.7)


@pytest.fixture
def unlabelled(three_kinds: Corpus) -> Corpus:
    """The three kinds without their names."""
    return Corpus(three_kinds.texts, three_kinds.vectors)


@pytest.fixture
def clustered(
    tmp_path: Path, three: DomainsConfig, unlabelled: Corpus, inputs: Callable[..., dict[str, Artefact]]
) -> Artefact:
    """The sealed stage on the three kinds."""
    return build(tmp_path / "root", three, inputs(unlabelled))
