"""A few documents in three made-up languages, as the evaluators are given them."""

import numpy as np
import pytest

from mixpipe.search.config import CommandConfig, ProxyConfig
from mixpipe.search.evaluators.protocol import ProxyData
from mixpipe.search.texts import Texts

VOCABULARY, END_OF_TEXT = 40, 39


def made_up_tokens(domain: int, length: int, rng: np.random.Generator) -> np.ndarray:
    """Return tokens of one language: each domain has twelve of its own, each of which is likely followed by another."""
    tokens = [int(rng.integers(12))]
    while len(tokens) < length:
        tokens.append((tokens[-1] * 5 + 7) % 12 if rng.random() < 0.8 else int(rng.integers(12)))
    return np.array(tokens, dtype=np.uint16) + np.uint16(12 * domain)


def made_up_texts(rng: np.random.Generator, owners: list[int]) -> Texts:
    rows = [(owner, made_up_tokens(owner, 30, rng), 60) for owner in owners for _ in range(3)]
    return Texts.gather(rows, owners=3, end_of_text=END_OF_TEXT)


def made_up_pool(domain: int, rng: np.random.Generator) -> np.ndarray:
    end = np.array([END_OF_TEXT], dtype=np.uint16)
    return np.concatenate([piece for _ in range(20) for piece in (end, made_up_tokens(domain, 40, rng))])


@pytest.fixture(scope="session")
def data() -> ProxyData:
    """Three domains and a target in the language of each; the last domain has no text held out."""
    rng = np.random.default_rng(0)
    return ProxyData(
        ProxyConfig(width=16, heads=1, layers=1, context=16, batch=4, tokens=3000, learning_rate=2e-2, dtype="float32"),
        VOCABULARY,
        tuple(made_up_pool(domain, rng) for domain in range(3)),
        made_up_texts(rng, [0, 1, 2]),
        made_up_texts(rng, [0, 1]),
        {},
        ("prose", "ledger", "runes/../x"),
        ("code", "law", "verse"),
        CommandConfig(),
        None,
    )
