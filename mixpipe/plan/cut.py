"""The cut per budget that makes whole copies meet it to within one document.

A budget is one domain's, or what all share. A document has `floor + [margin < cut]` copies. With the cut at 0 that is
an unbiased draw, whose tokens miss the budget by chance; moving the cut until they meet it changes few documents and
depends on no order. Found by streaming over the drafts twice: a histogram of margins (16,384 bins and domain, 128 KiB
each), then the exact order inside the one bin that holds the budget, about n / 16,384 documents. Ties are cut by id
and, for equal texts, by row.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from mixpipe.plan.copies import NEVER

__all__ = ["DRAFT", "Cut", "find_cuts", "gains"]

# 16,384 bins: of a million documents about a hundred share a bin and are sorted; 64 domains' counts take 8 MB.
BIN_BITS = 14
MARGIN_BITS = 53  # margins lie in [-2^52, 2^52)

DRAFT = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("domain", pa.int32(), nullable=False),
        pa.field("n_tokens", pa.int64(), nullable=False),
        pa.field("n_bytes", pa.int64(), nullable=False),
        pa.field("eligible", pa.bool_(), nullable=False),  # may be drawn, whether or not the maker wants it
        pa.field("expected", pa.float64(), nullable=False),
        pa.field("floor", pa.int64(), nullable=False),
        pa.field("margin", pa.int64(), nullable=False),
    ]
)

Ints = NDArray[np.int64]
Drafts = Callable[[], Iterator[pa.Table]]


class Cut(NamedTuple):
    """The last document, by (margin, id, row), that gains a copy."""

    margin: int
    id: str
    row: int


def find_cuts(drafts: Drafts, targets: NDArray[np.float64], groups: Ints) -> list[Cut]:
    """Return the cut of each domain.

    Args:
        drafts: starts a pass over all drafts, tables of schema DRAFT in corpus order.
        targets: (n_domains,) float64, tokens to meet.
        groups: (n_domains,) int64, the budget that each domain draws on: those of one have one cut.
    """
    certain, histogram = _histogram(drafts, groups)
    remaining = np.bincount(groups, weights=targets) - certain
    below = np.cumsum(histogram, axis=1) - histogram  # (n_groups, bins) tokens of all bins before this one
    bins = np.maximum((below <= remaining[:, None]).sum(axis=1) - 1, 0)
    candidates = _candidates(drafts, bins, groups)
    cuts = [
        _cut(candidates[g], remaining[g] - below[g, bins[g]], first=Cut(_lower_edge(bins[g]), "", -1))
        for g in range(len(bins))
    ]
    return [cuts[group] for group in groups]


def gains(draft: pa.Table, cuts: list[Cut], first_row: int) -> NDArray[np.bool_]:
    """Tell which documents of a draft gain a copy.

    Args:
        draft: schema DRAFT.
        cuts: by domain.
        first_row: row of the draft's first document in the corpus.

    Returns:
        (n_docs,) bool.
    """
    margin, domain = draft["margin"].to_numpy(), draft["domain"].to_numpy()
    edges = np.array([cut.margin for cut in cuts], dtype=np.int64)[domain]
    gain: NDArray[np.bool_] = margin < edges
    for row in np.flatnonzero(margin == edges):
        cut = cuts[domain[row]]
        gain[row] = (draft["id"][int(row)].as_py(), first_row + row) <= (cut.id, cut.row)
    return gain


def _histogram(drafts: Drafts, groups: Ints) -> tuple[Ints, Ints]:
    """Return tokens of certain copies (n_groups,), and tokens by margin (n_groups, bins)."""
    certain = np.zeros(groups.max() + 1, dtype=np.int64)
    histogram = np.zeros((len(certain), 1 << BIN_BITS), dtype=np.int64)
    for draft in drafts():
        domain, tokens, margin = (draft[name].to_numpy() for name in ("domain", "n_tokens", "margin"))
        np.add.at(certain, groups[domain], tokens * draft["floor"].to_numpy())
        may = margin != NEVER
        np.add.at(histogram, (groups[domain[may]], _bin(margin[may])), tokens[may])
    return certain, histogram


def _candidates(drafts: Drafts, bins: Ints, groups: Ints) -> list[list[tuple[int, str, int, int]]]:
    """Return per budget (margin, id, row, tokens) of the documents in its bin."""
    found: list[list[tuple[int, str, int, int]]] = [[] for _ in bins]
    first_row = 0
    for draft in drafts():
        domain, tokens, margin = (draft[name].to_numpy() for name in ("domain", "n_tokens", "margin"))
        group = groups[domain]
        inside = np.flatnonzero((margin != NEVER) & (_bin(margin) == bins[group]))
        ids = draft["id"].take(pa.array(inside)).to_pylist()
        for row, name in zip(inside.tolist(), ids, strict=True):
            found[group[row]].append((int(margin[row]), name, first_row + row, int(tokens[row])))
        first_row += draft.num_rows
    return found


def _cut(candidates: list[tuple[int, str, int, int]], remaining: float, *, first: Cut) -> Cut:
    """Return the cut in one bin whose tokens come closest to what remains; `first`: none of the bin gains."""
    best, distance, held = first, abs(remaining), 0
    for margin, name, row, tokens in sorted(candidates):
        held += tokens
        if abs(remaining - held) < distance:
            best, distance = Cut(margin, name, row), abs(remaining - held)
    return best


def _bin(margin: Ints) -> Ints:
    return (margin + (1 << (MARGIN_BITS - 1))) >> (MARGIN_BITS - BIN_BITS)


def _lower_edge(index: np.int64) -> int:
    return (int(index) << (MARGIN_BITS - BIN_BITS)) - (1 << (MARGIN_BITS - 1))
