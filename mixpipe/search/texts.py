"""Texts that proxies are measured on: tokens of documents that belong to targets or to domains.

Every document is stored as end-of-text and then its tokens, so its first token is predicted too. The loss of an owner
(a target or a domain) is in bits per byte: the negative log-likelihood of all its tokens over ln 2 over the bytes of
its texts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mixpipe.store.files import read_arrays, write_arrays

__all__ = ["Texts"]


@dataclass(frozen=True, eq=False)
class Texts:
    """Tokenised documents by owner.

    Attributes:
        tokens: (n,) unsigned, all documents one after the other, each beginning with end-of-text.
        starts: (documents + 1,) int64, where each document begins in `tokens`.
        owners: (documents,) int64, the number of the target or domain that each document belongs to, not falling.
        n_bytes: (owners,) int64, UTF-8 bytes of each owner's texts.
    """

    tokens: np.ndarray
    starts: np.ndarray
    owners: np.ndarray
    n_bytes: np.ndarray

    @property
    def n_predicted(self) -> int:
        """Tokens that are predicted: all but the end-of-text before each document."""
        return len(self.tokens) - len(self.owners)

    def windows(self, context: int) -> np.ndarray:
        """Return (windows, 3) int64: first place, last place, and what to subtract for the index among predictions.

        A window reads places first..last - 1 and predicts first + 1..last, at most `context` of them.
        """
        rows = []
        for document, (start, end) in enumerate(zip(self.starts[:-1], self.starts[1:], strict=True)):
            rows += [(p, min(p + context, end - 1), document + 1) for p in range(start, end - 1, context)]
        return np.array(rows, dtype=np.int64).reshape(-1, 3)

    def losses(self, scores: np.ndarray) -> np.ndarray:
        """Return (owners,) float64 bits per byte from (n_predicted,) natural log-probabilities; NaN without texts."""
        owner = np.repeat(self.owners, np.diff(self.starts) - 1)
        total = np.bincount(owner, weights=scores.astype(np.float64), minlength=len(self.n_bytes))
        with np.errstate(invalid="ignore"):
            return np.asarray(-total / np.log(2) / np.where(self.n_bytes > 0, self.n_bytes, np.nan))

    @classmethod
    def gather(cls, documents: Iterable[tuple[int, np.ndarray, int]], *, owners: int, end_of_text: int) -> "Texts":
        """Put documents together.

        Args:
            documents: owner, tokens and bytes of each document, by rising owner.
            owners: number of targets or domains.
            end_of_text: the token before each document.
        """
        rows = list(documents)
        n_bytes = np.zeros(owners, dtype=np.int64)
        pieces = [np.empty(0, dtype=np.uint16)]
        for owner, tokens, size in rows:
            pieces += [np.array([end_of_text], dtype=tokens.dtype), tokens]
            n_bytes[owner] += size
        starts = np.cumsum([0, *(len(tokens) + 1 for _, tokens, _ in rows)])
        return cls(np.concatenate(pieces), starts, np.array([row[0] for row in rows], dtype=np.int64), n_bytes)

    def write(self, path: Path) -> None:
        """Write the arrays as one .npz file."""
        write_arrays(path, tokens=self.tokens, starts=self.starts, owners=self.owners, n_bytes=self.n_bytes)

    @classmethod
    def read(cls, path: Path) -> "Texts":
        """Read what `write` wrote."""
        return cls(**read_arrays(path))
