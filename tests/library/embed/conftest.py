"""The packaged model, loaded once for the whole session."""

from pathlib import Path

import pytest

from mixpipe.embed.encoders import Settings
from mixpipe.embed.encoders.sentence import SentenceEncoder

MODEL = "sentence-transformers/all-MiniLM-L6-v2"


@pytest.fixture(scope="session")
def model(packaged_model: Path) -> Path:
    return packaged_model


@pytest.fixture(scope="session")
def sentence(model: Path) -> SentenceEncoder:
    return SentenceEncoder(Settings(model, max_tokens=256, dtype="float32", device="cpu"))


@pytest.fixture(scope="session")
def texts() -> list[str]:
    words = "river market engine verse court sugar proton village keyboard whale".split()
    return [" ".join(words[i % 10 :] * (1 + i * 7 % 23)) for i in range(24)]
