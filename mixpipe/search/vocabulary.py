"""The proxies' vocabulary: ingest's, or its first merges.

A proxy spends most of its time on the output layer, so fewer tokens buy more training. The tokens of a byte-pair
encoding are ordered by when they were merged, so its first n tokens are the vocabulary of size n that the same corpus
would have given: cutting costs nothing. Losses are in bits per byte and stay comparable. The price: token shares of
the proxies are counted in the smaller vocabulary, whose bytes per token differ a little more between domains.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from mixpipe.errors import ConfigError
from mixpipe.tokenizer import END_OF_TEXT, load_tokenizer

__all__ = ["Vocabulary", "cut_vocabulary", "load_vocabulary"]

# Characters encoded at once: the library needs about 100 bytes a token.
LONGEST = 1 << 16


def cut_vocabulary(tokenizer_json: str, size: int | None) -> str:
    """Return a tokenizer.json with the first `size` tokens of a byte-pair encoding.

    Args:
        tokenizer_json: the given tokenizer.
        size: tokens wanted; None, or no fewer than there are, returns the tokenizer as it is.

    Raises:
        ConfigError: it is no byte-pair encoding, or its alphabet alone is larger.
    """
    tokenizer = json.loads(tokenizer_json)
    model = tokenizer["model"]
    if size is None or size >= len(model["vocab"]):
        return tokenizer_json
    if model["type"] != "BPE":
        raise ConfigError(
            f"expected a byte-pair encoding to cut to search.vocabulary={size}, found a tokenizer of type "
            f"{model['type']}; set search.vocabulary to null"
        )
    merges = [merge.split(" ", 1) if isinstance(merge, str) else merge for merge in model["merges"]]
    merged = {left + right for left, right in merges}
    alphabet = [token for token, _ in sorted(model["vocab"].items(), key=lambda item: item[1]) if token not in merged]
    room = size - len(alphabet)
    if room < 0:
        raise ConfigError(
            f"expected search.vocabulary to hold the {len(alphabet)} symbols of the tokenizer's alphabet, "
            f"found {size}; raise it or set it to null"
        )
    products = list(dict.fromkeys(left + right for left, right in merges))[:room]
    vocabulary = {token: number for number, token in enumerate([*alphabet, *products])}
    cut = {**model, "vocab": vocabulary, "merges": _within(merges, vocabulary)}
    added = [{**token, "id": vocabulary[token["content"]]} for token in tokenizer["added_tokens"]
             if token["content"] in vocabulary]  # fmt: skip
    return json.dumps({**tokenizer, "model": cut, "added_tokens": added, "post_processor": None}, ensure_ascii=False)


def _within(merges: list[Any], vocabulary: dict[str, int]) -> list[list[str]]:
    return [[left, right] for left, right in merges if {left, right, left + right} <= vocabulary.keys()]


@dataclass(frozen=True)
class Vocabulary:
    """A tokenizer as the proxies use it.

    Attributes:
        tokenizer: from text to tokens.
        end_of_text: the token between documents; one more than the tokenizer has when it has none.
        size: tokens in all.
    """

    tokenizer: Tokenizer
    end_of_text: int
    size: int

    def tokens(self, text: str) -> np.ndarray:
        """Return the tokens of a whole text as (n,) unsigned integers, in bounded memory."""
        pieces = [text[start : start + LONGEST] for start in range(0, len(text), LONGEST)]
        return np.concatenate([self._numbers(self._encode(piece).ids) for piece in pieces or [""]])

    def beginning(self, text: str, most: int) -> tuple[np.ndarray, int]:
        """Return at most `most` first tokens of a text, and the UTF-8 bytes that they stand for."""
        encoding = self._encode(text[: min(32 * most, LONGEST)])
        ids = encoding.ids[:most]
        end = encoding.offsets[len(ids) - 1][1] if ids else 0
        return self._numbers(ids), len(text[:end].encode("utf-8"))

    def _encode(self, text: str) -> Any:  # noqa: ANN401  the library's Encoding has no type
        return self.tokenizer.encode(text, add_special_tokens=False)

    def _numbers(self, ids: list[int]) -> np.ndarray:
        return np.array(ids, dtype=np.uint16 if self.size <= 1 << 16 else np.uint32)


@lru_cache(maxsize=1)
def load_vocabulary(path: Path) -> Vocabulary:
    """Return the vocabulary of a tokenizer.json, loaded once per process."""
    tokenizer = load_tokenizer(str(path))
    known = tokenizer.get_vocab_size()
    end_of_text = tokenizer.token_to_id(END_OF_TEXT)
    if end_of_text is None:
        return Vocabulary(tokenizer, known, known + 1)
    return Vocabulary(tokenizer, end_of_text, known)
