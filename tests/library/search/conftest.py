"""Sealed artefacts of the stages before the search, from a few dozen documents in three made-up languages."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.search.config import ProxyConfig, SearchConfig
from mixpipe.search.stage import SEARCH
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import Job, finish_step, open_stage, run_part
from mixpipe.store.draws import keyed_uniforms
from mixpipe.store.files import write_json, write_table, write_text
from mixpipe.store.fingerprint import text_id
from mixpipe.store.seal import seal
from mixpipe.store.stage import Context, Part, Stage, StageConfig, Step
from mixpipe.tables import ASSIGNMENTS, DOCUMENTS, DOMAINS, scores_schema
from mixpipe.tokenizer import count_tokens, load_tokenizer, train_tokenizer

DOMAIN_NAMES = ("prose", "ledger", "runes")
ALPHABETS = ("etaoinsh", "0123456789", "zxqkvwyj")
# Documents per domain: natural shares of about 5 : 3 : 2.
SIZES = (50, 30, 20)


def made_up_text(domain: int, rng: np.random.Generator, words: int = 90) -> str:
    """Return words of one language, each likely to follow one other."""
    letters = np.array(list(ALPHABETS[domain]))
    lexicon = ["".join(np.random.default_rng([domain, i]).choice(letters, 4)) for i in range(40)]
    place, text = int(rng.integers(40)), []
    for _ in range(words):
        text.append(lexicon[place])
        place = (place * 7 + 3) % 40 if rng.random() < 0.7 else int(rng.integers(40))
    return " ".join(text)


def sealed(root: Path, name: str, write: Callable[[Path], object]) -> Artefact:
    """Seal a folder of given files as the artefact of a stage."""

    def finish(context: Context) -> dict[str, float]:
        write(context.out)
        return {}

    stage = Stage(name, 1, StageConfig, (), lambda _: (Step("write", lambda _: [], lambda *_: {}, finish),))
    job = open_stage(root, stage, StageConfig(), {})
    if isinstance(job, Artefact):
        return job
    finish_step(job, job.steps[0])
    return seal(job)


def documents_table(texts: list[str], sources: list[str], tokens: list[int]) -> pa.Table:
    ids = [text_id(text) for text in texts]
    duplicate = [text_id in ids[:row] for row, text_id in enumerate(ids)]
    sizes = [len(text.encode()) for text in texts]
    columns = {"id": ids, "text": texts, "source": sources, "n_bytes": sizes, "n_tokens": tokens}
    return pa.table({**columns, "duplicate": duplicate, "meta": ["{}"] * len(texts)}, schema=DOCUMENTS)


def write_ingest(out: Path, *, parts: int, texts: list[str]) -> None:
    write_text(out / "tokenizer.json", train_tokenizer(texts, 600))
    tokens = count_tokens(load_tokenizer(str(out / "tokenizer.json")), texts)
    table = documents_table(texts, ["made up"] * len(texts), tokens)
    for number, rows in enumerate(np.array_split(np.arange(len(texts)), parts)):
        write_table(out / f"part-{number:05d}-of-{parts:05d}.parquet", table.take(rows), DOCUMENTS)


def write_domains(out: Path, *, parts: int, texts: list[str], domains: list[int]) -> None:
    table = pa.table(
        {"id": [text_id(text) for text in texts], "domain": domains, "distance": [0.1] * len(texts)}, ASSIGNMENTS
    )
    for number, rows in enumerate(np.array_split(np.arange(len(texts)), parts)):
        write_table(out / f"part-{number:05d}-of-{parts:05d}.parquet", table.take(rows), ASSIGNMENTS)
    zero = {"documents": 0, "tokens": 0, "share": 0.0, "compactness": 0.0, "separation": 0.0, "x": 0.0, "y": 0.0}
    lists: dict[str, list[str]] = {"terms": [], "medoids": [], "examples": []}
    rows = [{"domain": d, "name": name, **zero, **lists} for d, name in enumerate(DOMAIN_NAMES)]
    write_table(out / "domains.parquet", pa.Table.from_pylist(rows, DOMAINS), DOMAINS)


def write_scores(out: Path, *, parts: int, texts: list[str], dropped: list[int]) -> None:
    reason = ["duplicate" if row in dropped else None for row in range(len(texts))]
    schema = scores_schema(["quality_rank"])
    ids = [text_id(text) for text in texts]
    rank = keyed_uniforms(ids, "quality").astype(np.float32)
    table = pa.table({"id": ids, "quality_rank": rank, "drop_reason": reason, "twin_id": [None] * len(texts)}, schema)
    for number, rows in enumerate(np.array_split(np.arange(len(texts)), parts)):
        write_table(out / f"part-{number:05d}-of-{parts:05d}.parquet", table.take(rows), schema)


def write_targets(out: Path, *, targets: dict[str, list[str]]) -> None:
    for name, texts in targets.items():
        table = documents_table(texts, [name] * len(texts), [0] * len(texts))
        write_table(out / f"target-{name}-00000-of-00001.parquet", table, DOCUMENTS)
    write_json(out / "targets.json", {name: {"weight": 1.0, "documents": len(t)} for name, t in targets.items()})


@pytest.fixture(scope="session")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Artefact]:
    return make_upstream(tmp_path_factory.mktemp("upstream"), parts=3)


def make_upstream(root: Path, *, parts: int) -> dict[str, Artefact]:
    rng = np.random.default_rng(0)
    rows = [(domain, made_up_text(domain, rng)) for domain, size in enumerate(SIZES) for _ in range(size)]
    rows = [rows[i] for i in rng.permutation(len(rows))]
    rows.append(rows[0])  # a duplicate
    domains, texts = [domain for domain, _ in rows], [text for _, text in rows]
    targets = {name: [made_up_text(d, rng) for _ in range(4)] for d, name in enumerate(DOMAIN_NAMES)}
    return {
        "ingest": sealed(root, "ingest", partial(write_ingest, parts=parts, texts=texts)),
        "domains": sealed(root, "domains", partial(write_domains, parts=parts, texts=texts, domains=domains)),
        "scores": sealed(root, "scores", partial(write_scores, parts=parts, texts=texts, dropped=[len(rows) - 1, 1])),
        "targets": sealed(root, "targets", partial(write_targets, targets=targets)),
    }


@pytest.fixture
def seal_target(tmp_path: Path) -> Callable[[pa.Table], Artefact]:
    """Seals documents as the only target."""

    def seal_documents(table: pa.Table) -> Artefact:
        name = "target-only-00000-of-00001.parquet"
        return sealed(tmp_path, "targets", lambda out: write_table(out / name, table, DOCUMENTS))

    return seal_documents


@pytest.fixture(scope="session")
def tiny() -> SearchConfig:
    """A whole search in a few seconds."""
    proxy = ProxyConfig(width=16, heads=1, layers=1, context=32, batch=4, tokens=3000, learning_rate=1e-2)
    return SearchConfig(
        budget_tokens=60_000,
        method="random",
        surrogate="linear-sqrt",
        max_epochs=8,
        rounds=(4, 2),
        noise_seeds=2,
        finalist_seeds=1,
        final_seeds=2,
        final_scale=1.0,
        vocabulary=512,
        eval_tokens=512,
        proxy=proxy,
    )


def build_search(root: Path, config: SearchConfig, inputs: dict[str, Artefact], *, until: str | None = None) -> Job:
    """Run the steps of a search in this process, up to and including `until`."""
    job = open_stage(root, SEARCH, config, inputs)
    assert isinstance(job, Job)
    for step in job.steps:
        for part in job.pending(step, job.plan(step)):
            run_part(job, step, part)
        finish_step(job, step)
        if step.name == until:
            break
    return job


@pytest.fixture(scope="session")
def run_search(upstream: dict[str, Artefact]) -> Callable[..., Job]:
    """Runs a search over the made-up corpus, or over it with other artefacts in place of its own."""

    def run(root: Path, config: SearchConfig, *, until: str | None = None, **others: Artefact) -> Job:
        return build_search(root, config, {**upstream, **others}, until=until)

    return run


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, upstream: dict[str, Artefact], tiny: SearchConfig) -> Context:
    """A search whose pools are ready."""
    return build_search(tmp_path_factory.mktemp("prepared"), tiny, upstream, until="pools").context


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory, upstream: dict[str, Artefact], tiny: SearchConfig) -> Artefact:
    """A finished search."""
    return seal(build_search(tmp_path_factory.mktemp("searched"), tiny, upstream))


def trial_parts(job: Job, step_name: str) -> list[Part]:
    return job.plan(next(step for step in job.steps if step.name == step_name))


@pytest.fixture(scope="session")
def pools_of_one_part(tmp_path_factory: pytest.TempPathFactory, tiny: SearchConfig) -> Path:
    """The pools of the same documents, all in one part."""
    root = tmp_path_factory.mktemp("one-part")
    return build_search(root, tiny, make_upstream(root, parts=1), until="pools").context.out
