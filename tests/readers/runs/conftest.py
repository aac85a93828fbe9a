"""Runs of real texts, of which every reader reads one."""

import ast
import importlib.util
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer

from mixpipe.config import RunConfig

SHARES = {"code": 0.5, "prose": 0.3, "comments": 0.2}
MOST = {"code": 12_000, "prose": 6_000, "comments": 7_000}  # documents of each domain
LETTERS = "etaoinsr"  # how often they occur is the documents' vector: nothing here turns on domains found
OWN = ["litdata"] if importlib.util.find_spec("litdata") else []  # the format that only its library writes
MIXED_TOKENS, BLEND_TOKENS = 200_000, 4_000_000  # the latter some 100,000 draws: chance is then 0.17 % of the tokens


@pytest.fixture(scope="session")
def make_run(tmp_path_factory) -> Callable[..., Path]:
    """Builds runs over one corpus, the standard library's code, comments and docstrings, and one given mixture."""
    folder = tmp_path_factory.mktemp("readers")
    _write_corpus(folder)

    def make(name: str, **changed: Any) -> Path:
        from flows.build import build_plainly

        config = RunConfig.model_validate({**_settings(folder), **changed})
        return Path(build_plainly(config, root=str(folder / "root"), name=name)) / "train"

    return make


@pytest.fixture(scope="session")
def mixed(make_run) -> Path:
    """Training data in every format, the mixture applied, in some ten shards."""
    formats = ["parquet", "jsonl", "mds", "webdataset", "megatron", "datatrove", "olmo", *OWN]
    return make_run("mixed", budget_tokens=MIXED_TOKENS, shards={"formats": formats, "shard_mib": 0.05})


@pytest.fixture(scope="session")
def by_domain(make_run) -> Path:
    """A folder for each domain, each document as often as planned."""
    formats = ["parquet", "mds", "megatron", "webdataset", "datatrove", "olmo", *OWN]
    shards = {"formats": formats, "layout": "by-domain", "shard_mib": 64}
    return make_run("domains", budget_tokens=BLEND_TOKENS, shards=shards)


@pytest.fixture(scope="session")
def small_by_domain(make_run) -> Path:
    """A tenth of it, for a reader that takes half a millisecond a document and draws exact numbers."""
    shards = {"formats": ["mds"], "layout": "by-domain", "shard_mib": 64}
    return make_run("domains-small", budget_tokens=BLEND_TOKENS // 10, shards=shards)


class Epoch(NamedTuple):
    """One epoch as it is planned: ids, texts and tokens of the documents, in order, by shard."""

    ids: list[list[str]]
    texts: list[list[str]]
    tokens: list[list[np.ndarray]]

    def all_texts(self) -> list[str]:
        return [text for shard in self.texts for text in shard]

    def stream(self) -> np.ndarray:
        return np.concatenate([ids for shard in self.tokens for ids in shard])

    def windows(self, length: int) -> np.ndarray:
        """Return sequences of each shard without its rest, as readers of whole files cut them."""
        shards = [np.concatenate(shard) for shard in self.tokens]
        return np.concatenate([ids[: len(ids) // length * length] for ids in shards]).reshape(-1, length)


@pytest.fixture(scope="session")
def epoch(mixed) -> Epoch:
    """What is to be read of `mixed`, by pyarrow and tokenizers alone; its documents are those planned."""
    tables = [pq.read_table(path, columns=["id", "text"]) for path in sorted((mixed / "data").glob("*.parquet"))]
    assert Counter(name for table in tables for name in table["id"].to_pylist()) == _planned(mixed.parent)
    tokenizer = Tokenizer.from_file(str(mixed / "tokenizer.json"))
    end = json.loads((mixed / "dataset.json").read_text())["encoding"]["end"]
    texts = [table["text"].to_pylist() for table in tables]
    tokens = [
        [np.array([*found.ids, end]) for found in tokenizer.encode_batch(shard, add_special_tokens=False)]
        for shard in texts
    ]
    return Epoch([table["id"].to_pylist() for table in tables], texts, tokens)


def _planned(run: Path) -> Counter[str]:
    from mixpipe.runs.run import load_artefacts

    plan = load_artefacts(run)["plan"]
    rows = [row for name in plan.names() for row in pq.read_table(plan.file(name)).to_pylist()]
    return Counter({row["id"]: row["copies"] for row in rows if row["copies"]})


def _settings(folder: Path) -> dict[str, Any]:
    return {
        "ingest": {
            "paths": [str(folder / "corpus.jsonl")],
            "domain": "domain",
            "embedding": "letters",
            "vocabulary": 1024,
            "documents_per_part": 8192,
        },
        "targets": {"sets": {"code": {"path": str(folder / "target.jsonl")}}},
        "max_epochs": 12,
        "domains": {"max_largest_share": 0.9, "min_entropy": 0.1},
        "scores": {"scorers": ["texture", "quality"], "drop": ["duplicate"]},
        "search": {"mixture": str(folder / "mixture.json")},
        "plan": {"maker": "domains"},
        "engine": {"kind": "local"},
    }


def _write_corpus(folder: Path) -> None:
    found: dict[str, dict[str, None]] = {name: {} for name in SHARES}
    for domain, text in _texts():
        if len(text) > 30:
            found[domain].setdefault(text)
    rows = [
        {"text": text, "domain": domain, "letters": [text.count(letter) / len(text) for letter in LETTERS]}
        for domain, texts in found.items()
        for text in list(texts)[: MOST[domain]]
    ]
    held_out = [{"text": text} for text in list(found["code"])[-50:]]
    for name, lines in (("corpus", rows), ("target", held_out)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in lines), encoding="utf-8")
    mixture = {"domains": list(SHARES), "weights": list(SHARES.values())}
    (folder / "mixture.json").write_text(json.dumps(mixture), encoding="utf-8")


def _texts() -> Iterator[tuple[str, str]]:
    """Yield domain and text: three lines of code, a comment, a paragraph of documentation."""
    for name in sorted(sys.stdlib_module_names - {"antigravity", "this"}):
        spec = importlib.util.find_spec(name) if not name.startswith("_") else None
        if spec is None or not (spec.origin or "").endswith(".py"):
            continue
        source = Path(str(spec.origin)).read_text(encoding="utf-8")
        lines = [line for line in source.splitlines() if line.strip()]
        code = [line for line in lines if not line.lstrip().startswith("#")]
        yield from (("code", "\n".join(code[start : start + 3])) for start in range(0, len(code), 3))
        yield from (("comments", line.strip(" #")) for line in lines if line.lstrip().startswith("#"))
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                yield from (("prose", part) for part in (ast.get_docstring(node) or "").split("\n\n"))
