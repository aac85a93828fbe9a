"""Excess losses of a table's tokens: what the base model pays more for each than the reference does.

A document becomes a row as it was read: the model's token for a beginning, the tokens of its turns, the token for an
end. Turns are tokenised one by one, so that no token lies half in a prompt. The first token is context and no more.
"""

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mixpipe.errors import ConfigError
from mixpipe.models.causal import CausalModel, Tokens
from mixpipe.shards.cleaning.turns import Template, Turn, turns

__all__ = ["SCORED", "Pair", "scored"]

SCORED = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("domain", pa.int32(), nullable=False),
        pa.field("copy", pa.int32(), nullable=False),
        pa.field("input_ids", pa.list_(pa.int32()), nullable=False),
        pa.field("is_response", pa.list_(pa.bool_()), nullable=False),
        pa.field(
            "excess", pa.list_(pa.float32()), nullable=False
        ),  # nats, base minus reference; 0: first token, no response
    ]
)
ROWS = 256  # tokenised at once


class Pair(NamedTuple):
    """Two models of one vocabulary."""

    base: CausalModel
    reference: CausalModel

    def check(self) -> None:
        """Check that a token means the same to both.

        Raises:
            ConfigError: it does not.
        """
        base, reference = (model.tokenizer.get_vocab(with_added_tokens=True) for model in self)
        ends = [(model.begin, model.end) for model in self]
        if base != reference or ends[0] != ends[1]:
            differing = sorted(base.items() ^ reference.items())
            found = f"{differing[0][0]!r} in one alone" if differing else f"beginning and end {ends[0]} and {ends[1]}"
            raise ConfigError(
                "expected base and reference model with the same tokens in tokenizer.json and the same ends in "
                f"config.json, found {found}; give a reference that was trained from the base model"
            )


def scored(table: pa.Table, pair: Pair, template: Template) -> Iterator[pa.Table]:
    """Yield the documents of a table as tables of SCORED, some hundred rows at a time.

    Args:
        table: columns id, domain, copy, text.
        pair: the models.
        template: how a document is read.
    """
    for start in range(0, table.num_rows, ROWS):
        rows = table.slice(start, ROWS)
        cut = [list(turns(text, template)) for text in rows["text"].to_pylist()]
        tokens, is_response = _said(pair.base, cut, special=template.special_tokens)
        excess = _excess(pair, tokens, np.array([any(turn.is_response for turn in document) for document in cut]))
        first = np.cumsum(tokens.counts) - tokens.counts
        offsets = np.concatenate([[0], np.cumsum(tokens.counts + 1)]).astype(np.int32)
        values = (
            np.insert(tokens.ids, first, pair.base.begin),
            np.insert(is_response, first, np.False_),
            np.insert(excess, first, np.float32(0)),
        )
        lists = [pa.ListArray.from_arrays(offsets, column) for column in values]
        yield pa.table([*(rows[name] for name in ("id", "domain", "copy")), *lists], schema=SCORED)


def _excess(pair: Pair, tokens: Tokens, is_answered: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the excess loss of every token; 0, and no model's time, in documents without a response."""
    read = np.repeat(is_answered, tokens.counts)
    answered = Tokens(tokens.ids[read], tokens.counts[is_answered])
    found = np.zeros(len(tokens.ids), np.float32)
    # Cut alike for both: a model that reads shorter stretches would find the beginning of each harder.
    base, reference = (model.losses(answered, window=min(model.window for model in pair)) for model in pair)
    found[read] = base - reference
    return found


def _said(model: CausalModel, cut: list[list[Turn]], *, special: bool) -> tuple[Tokens, NDArray[np.bool_]]:
    """Return the tokens of documents, each with its end, and which are of a response; the last turn ends itself."""
    tokens = model.tokens([turn.text for turn in chain.from_iterable(cut)], special=special)
    spoken = np.repeat([turn.is_response for turn in chain.from_iterable(cut)], tokens.counts).astype(np.bool_)
    stops = np.cumsum([0, *map(len, cut)])
    ends = np.concatenate([[0], np.cumsum(tokens.counts)])[stops]
    last = np.array([bool(document) and document[-1].is_response for document in cut], np.bool_)
    with_ends = np.insert(tokens.ids, ends[1:], model.end)
    return Tokens(with_ends, np.diff(ends) + 1), np.insert(spoken, ends[1:], last)
