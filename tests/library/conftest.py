"""Tiny upstream artefacts, sealed through the real store, for the stages that read them."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.errors import ConfigError
from mixpipe.models.finding import PACKAGED, find_model
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import finish_step, open_stage, run_part
from mixpipe.store.files import write_json, write_table
from mixpipe.store.fingerprint import fingerprint, text_id
from mixpipe.store.seal import seal
from mixpipe.store.stage import Context, Part, Stage, StageConfig, Step
from mixpipe.tables import ASSIGNMENTS, DOCUMENTS, DOMAINS, embeddings_schema, scores_schema
from mixpipe.tokenizer import train_tokenizer

DIMENSIONS = 2
EMBEDDINGS = embeddings_schema(DIMENSIONS)
SCORES = scores_schema(["quality", "quality_rank", "perplexity", "samplemix_weight"])
Document = dict[str, Any]


def build_stage(
    root: Path, stage: Stage, config: StageConfig, inputs: Mapping[str, Artefact], *, backwards: bool = False
) -> Artefact:
    """Build a stage in this process; `backwards` runs the parts of each step in reverse order."""
    job = open_stage(root, stage, config, inputs)
    if isinstance(job, Artefact):
        return job
    for step in job.steps:
        parts = job.pending(step, job.plan(step))
        for part in reversed(parts) if backwards else parts:
            run_part(job, step, part)
        finish_step(job, step)
    return seal(job)


class TablesConfig(StageConfig):
    content: str


def seal_tables(
    root: Path, name: str, tables: dict[str, tuple[pa.Schema, list[Document]]], records: dict[str, object]
) -> Artefact:
    """Seal an artefact that holds the given tables and JSON files."""

    def plan(context: Context) -> list[Part]:
        return [Part(table, {}, {"content": context.config.content, "name": table}) for table in sorted(tables)]

    def run(context: Context, part: Part) -> dict[str, float]:
        schema, rows = tables[part.name]
        write_table(context.out / f"{part.name}.parquet", pa.Table.from_pylist(rows, schema=schema), schema)
        return {"rows": len(rows)}

    def finish(context: Context) -> dict[str, float]:
        for file, record in records.items():
            write_json(context.out / file, record)
        return {}

    content = {table: fingerprint(str(rows)) for table, (_, rows) in tables.items()}
    stage = Stage(name, 1, TablesConfig, (), lambda config: (Step("write", plan, run, finish),))
    return build_stage(root, stage, TablesConfig(content=fingerprint({**content, "records": str(records)})), {})


def make_document(text: str, domain: int, *, tokens: int | None = None, quality: float = 0.5, **more: Any) -> Document:
    """Return what all upstream stages know of one document."""
    document = {"id": text_id(text), "text": text, "source": "made", "n_bytes": len(text.encode()), "meta": "{}"}
    document |= {"n_tokens": len(text.split()) if tokens is None else tokens, "duplicate": False}
    document |= {"domain": domain, "distance": 0.1, "vector": np.array([1, 0], np.float16)}
    document |= {
        "quality": quality,
        "quality_rank": quality,
        "perplexity": 2.0 + (quality or 0),
        "samplemix_weight": quality,
        "drop_reason": None,
    }
    return document | more


def make_documents(count: int, seed: int = 0, n_domains: int = 3) -> list[Document]:
    """Return documents of lognormal length, uneven domains and uniform quality."""
    rng = np.random.default_rng(seed)
    documents = []
    for number in range(count):
        domain = int(rng.integers(n_domains) * rng.integers(2)) if n_domains > 1 else 0
        tokens = int(np.ceil(rng.lognormal(3.0, 1.0)))
        text = f"{seed}/{number} " + "word " * (tokens - 1)
        documents.append(make_document(text, domain, tokens=tokens, quality=float(rng.random())))
    return documents


def seal_upstream(
    root: Path, documents: Sequence[Document], cuts: Sequence[int], weights: Sequence[float]
) -> dict[str, Artefact]:
    """Seal ingest, embed, domains, scores and search over documents divided into parts before the rows `cuts`."""
    edges = [0, *cuts, len(documents)]
    names = [f"domain-{d}" for d in range(len(weights))]
    count = len(edges) - 1
    parts = {f"part-{i:05d}-of-{count:05d}": list(documents[edges[i] : edges[i + 1]]) for i in range(count)}
    domains = [_domain_row(d, name, documents) for d, name in enumerate(names)]
    schemas = {"ingest": DOCUMENTS, "embed": EMBEDDINGS, "domains": ASSIGNMENTS, "scores": SCORES}
    tables = {stage: {part: (schema, rows) for part, rows in parts.items()} for stage, schema in schemas.items()}
    tables["domains"]["domains"] = (DOMAINS, domains)
    mixture = {"weights": list(weights), "domains": names}
    even = {
        "edges": [0.0, 0.5, 1.0],
        "domains": {str(d): {"count": 2, "mean": 0.5, "histogram": [1, 1]} for d in range(len(names))},
    }
    records: dict[str, dict[str, object]] = {
        "ingest": {"tokenizer.json": made_tokenizer()},
        "scores": {"scores.json": {"columns": {"quality": even}}},
    }
    sealed = {stage: seal_tables(root, stage, tables[stage], records.get(stage, {})) for stage in tables}
    return {**sealed, "search": seal_tables(root, "search", {}, {"mixture.json": mixture})}


@cache
def made_tokenizer() -> dict[str, object]:
    """Return a tokenizer's JSON; the documents' tokens are words, and not its."""
    tokenizer: dict[str, object] = json.loads(train_tokenizer(["0/17 word word word"] * 8, 270))
    return tokenizer


def _domain_row(domain: int, name: str, documents: Sequence[Document]) -> Document:
    mine = [document for document in documents if document["domain"] == domain]
    numbers = dict.fromkeys(("share", "compactness", "separation", "x", "y"), 0.0)
    tokens = sum(document["n_tokens"] for document in mine)
    lists: dict[str, list[str]] = {"terms": [], "medoids": [], "examples": []}
    return {"domain": domain, "name": name, "documents": len(mine), "tokens": tokens, **numbers, **lists}


@pytest.fixture
def build() -> Callable[..., Artefact]:
    return build_stage


@pytest.fixture
def documents() -> Callable[..., list[Document]]:
    return make_documents


@pytest.fixture
def document() -> Callable[..., Document]:
    return make_document


@pytest.fixture
def upstream(tmp_path: Path) -> Callable[..., dict[str, Artefact]]:
    """Seals upstream artefacts under this test's store."""
    return partial(seal_upstream, tmp_path)


@pytest.fixture(name="seal_tables")
def _seal_tables() -> Callable[..., Artefact]:
    return seal_tables


@pytest.fixture(scope="session")
def packaged_model() -> Path:
    """The folder of all-MiniLM-L6-v2, as the extra `offline` carries it."""
    try:
        return find_model(PACKAGED)
    except ConfigError as error:
        pytest.skip(str(error))
