"""Fixtures for the whole suite: the shared data, and one Prefect server for all tests that need one."""

import ast
import copy
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Before anything that reads them is imported: no telemetry, no console log, one numeric thread.
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

# Every file is synchronised before it is renamed into place: on a disk that was a third of the suite's time, in memory
# it is none of it. A session holds about 200 MB of files at most.
MEMORY, ROOM = Path("/dev/shm"), 2 << 30
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

settings.register_profile("busy", deadline=None)  # a busy machine is no failure
settings.load_profile("busy")

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real corpora beside the checkout; tests that use them skip when they are absent."""
    if not SHARED.is_dir():
        pytest.skip("the shared data is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """A temporary Prefect server for the session."""
    from prefect.testing.utilities import prefect_test_harness  # only tests that ask for it pay the import

    with prefect_test_harness(server_startup_timeout=180):
        yield


@pytest.fixture(scope="session")
def ended_within() -> Callable[["subprocess.Popen[Any]", float], bool]:
    """Wait for the end of a process of ours, at most so many seconds; tell whether it ended."""

    def waited(process: "subprocess.Popen[Any]", seconds: float) -> bool:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    return waited


@pytest.fixture(scope="session")
def new_bucket() -> Iterator[Callable[[], str]]:
    """Makes buckets on a real S3 server on loopback, to which the environment leads; gives their URLs."""
    import fsspec
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "access",
        "AWS_SECRET_ACCESS_KEY": "never-written-down",
        "AWS_DEFAULT_REGION": "us-east-1",
    }

    def made() -> str:
        name = f"b{uuid.uuid4().hex}"
        fsspec.filesystem("s3", use_listings_cache=False).mkdir(name)
        return f"s3://{name}"

    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield made
    server.stop()


@pytest.fixture
def bucket(new_bucket: Callable[[], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """The URL of a new bucket; local copies of what is in it lie in `tmp_path / "cache"`."""
    monkeypatch.setenv("MIXPIPE_CACHE", str(tmp_path / "cache"))
    return new_bucket()


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of the standard library: source, documentation strings and a few duplicates; two held-out targets."""
    folder = tmp_path_factory.mktemp("toy")
    modules = [name for name in sorted(sys.stdlib_module_names) if not name.startswith("_")]
    code, prose = [], []
    for name in modules:
        spec = importlib.util.find_spec(name) if name not in {"antigravity", "this"} else None
        if spec is None or not spec.origin or not spec.origin.endswith(".py"):
            continue
        text = Path(spec.origin).read_text(encoding="utf-8")
        code.append({"id": f"code/{name}", "text": text[:3000]})
        prose += [{"id": f"prose/{name}/{i}", "text": doc} for i, doc in enumerate(_docstrings(text)) if len(doc) > 200]
    prose = prose[:240]
    _write_lines(folder / "corpus" / "code.jsonl", code[10:] + code[10:14])
    _write_lines(folder / "corpus" / "prose.jsonl", prose[40:])
    _write_lines(folder / "targets" / "code.jsonl", code[:10])
    _write_lines(folder / "targets" / "prose.jsonl", prose[:40])
    _write_lines(
        folder / "later" / "new.jsonl",
        [{"id": f"new/{i}", "text": d["text"][::-1]} for i, d in enumerate(prose[40:60])],
    )
    return folder


@pytest.fixture
def toy_config(toy_settings: dict[str, Any]) -> dict[str, Any]:
    """The smallest configuration that has every stage at work, as JSON values; a copy, to be changed at will."""
    return copy.deepcopy(toy_settings)


@pytest.fixture(scope="session")
def toy_settings(toy_folder: Path) -> dict[str, Any]:
    """What `toy_config` is a copy of."""
    return {
        "ingest": {"paths": [str(toy_folder / "corpus")], "vocabulary": 512, "documents_per_part": 64},
        "targets": {
            "sets": {
                "code": {"path": str(toy_folder / "targets" / "code.jsonl")},
                "prose": {"path": str(toy_folder / "targets" / "prose.jsonl")},
            }
        },
        "budget_tokens": 100_000,
        "embed": {"max_tokens": 32},
        "domains": {"count": 3, "max_largest_share": 0.9, "min_entropy": 0.1},
        "search": {
            "rounds": [3, 2],
            "noise_seeds": 2,
            "final_seeds": 2,
            "eval_tokens": 512,
            "proxy": {"width": 16, "layers": 1, "heads": 2, "context": 32, "batch": 4, "tokens": 3000},
        },
        "shards": {"shard_mib": 0.1},
        "engine": {"kind": "local"},
    }


def _docstrings(source: str) -> list[str]:
    nodes = ast.walk(ast.parse(source))
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef)
    return [doc for node in nodes if isinstance(node, kinds) and (doc := ast.get_docstring(node))]


def _write_lines(path: Path, rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture(scope="session")
def causal_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a maker of folders with a random GPT-2 of one layer and a tokenizer of 300 tokens, by seed."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    from mixpipe.tokenizer import train_tokenizer

    @cache
    def make(seed: int = 0, positions: int = 64) -> Path:
        folder = tmp_path_factory.mktemp(f"causal-{seed}")
        tokenizer = train_tokenizer(["the cat sat on the mat and saw the birds"] * 9, 300)
        (folder / "tokenizer.json").write_text(tokenizer, encoding="utf-8")
        settings = {"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
        torch.manual_seed(seed)
        config = GPT2Config(vocab_size=300, n_positions=positions, n_embd=32, n_layer=1, n_head=2, **settings)
        model = GPT2LMHeadModel(config)
        # Ten times the usual spread, so that losses differ.
        model.transformer.wte.weight.data *= 10
        model.save_pretrained(folder)
        return folder

    return make


@pytest.fixture(scope="session")
def grading_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a random BERT of one layer and one output, with a tokenizer that puts a token at both ends."""
    import torch
    from tokenizers import Tokenizer, processors
    from transformers import BertConfig, BertForSequenceClassification

    from mixpipe.tokenizer import train_tokenizer

    folder = tmp_path_factory.mktemp("grading")
    tokenizer = Tokenizer.from_str(train_tokenizer(["the cat sat on the mat and saw the birds"] * 9, 300))
    end = "<|endoftext|>"
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{end} $A {end}", special_tokens=[(end, 0)])
    tokenizer.save(str(folder / "tokenizer.json"))
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    torch.manual_seed(0)
    model = BertForSequenceClassification(
        BertConfig(vocab_size=300, max_position_embeddings=64, num_labels=1, initializer_range=0.5, **sizes)
    )
    model.save_pretrained(folder)
    return folder
