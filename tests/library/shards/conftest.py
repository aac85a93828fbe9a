"""A sealed plan over a tiny corpus, and shards made from it."""

from collections.abc import Callable

import pytest

from mixpipe.errors import ConfigError
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.stage import PLAN
from mixpipe.shards.config import ShardsConfig
from mixpipe.shards.formats import FORMATS, load_format
from mixpipe.shards.formats.protocol import DocumentFormat
from mixpipe.shards.formats.tokens import TokenFormat
from mixpipe.shards.stage import SHARDS
from mixpipe.store.artefact import Artefact
from mixpipe.tokenizer import train_tokenizer

WEIGHTS = (0.5, 0.3, 0.2)


@pytest.fixture
def plan_inputs(tmp_path, upstream, build) -> Callable[..., dict[str, Artefact]]:
    """Seals everything that the shards are made from."""

    def make(documents, *, cuts=(), weights=WEIGHTS, **config):
        inputs = upstream(documents, cuts, weights)
        return {**inputs, "plan": build(tmp_path, PLAN, PlanConfig(**config), inputs)}

    return make


@pytest.fixture
def make_shards(tmp_path, build) -> Callable[..., Artefact]:
    """Builds the shards of sealed inputs."""

    def make(inputs, *, backwards=False, root=tmp_path, **config):
        return build(root, SHARDS, ShardsConfig(**config), inputs, backwards=backwards)

    return make


@pytest.fixture(scope="session")
def tokenizer_file(tmp_path_factory) -> str:
    """A small tokenizer, which the tiny corpus knows nothing of."""
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    path.write_text(train_tokenizer(["0/17 word word word"] * 8, 270), encoding="utf-8")
    return str(path)


@pytest.fixture(scope="session")
def formats_at_once() -> list[str]:
    """All formats but litdata's own, whose index has the name of that of MDS."""
    return sorted(FORMATS.keys() - {"litdata"})


@pytest.fixture(scope="session")
def installed() -> Callable[[str], DocumentFormat | TokenFormat]:
    """Returns a format by its name; skips where the library that writes it is not installed."""

    def load(name: str) -> DocumentFormat | TokenFormat:
        form = load_format(name)
        try:
            form.check_library()
        except ConfigError as missing:
            pytest.skip(str(missing))
        return form

    return load
