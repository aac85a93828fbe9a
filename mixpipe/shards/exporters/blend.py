"""What a trainer is told: the domains of a run with their token shares, phase by phase, and their shards."""

from dataclasses import dataclass, replace
from math import fsum

import numpy as np
from numpy.typing import NDArray

from mixpipe.errors import ConfigError
from mixpipe.shards.records import ShardEntry

__all__ = ["Blend", "Phase", "Portion"]


@dataclass(frozen=True)
class Portion:
    """One domain's part of the data.

    Attributes:
        id: `d017`.
        name: for people; may hold any character.
        share: of the tokens, above 0.
        tokens: to be read, repeats included.
        rows: documents to be read, repeats included.
        documents: distinct ones among them.
        available_tokens: of the domain, once.
        shards: as they lie there; empty: not known, or not by domain.
        held_rows: documents that lie there, repeats included; None: those to be read.
    """

    id: str
    name: str
    share: float
    tokens: int
    rows: int
    documents: int
    available_tokens: int
    shards: tuple[ShardEntry, ...] = ()
    held_rows: int | None = None

    @property
    def tokens_per_document(self) -> float:
        """Mean over rows as they are written, repeats included."""
        return self.tokens / self.rows

    @property
    def held(self) -> int:
        """Documents that lie there, repeats included."""
        return self.rows if self.held_rows is None else self.held_rows


@dataclass(frozen=True)
class Phase:
    """A stretch of the training data with one mixture.

    Attributes:
        name: of the phase.
        share: its part of all tokens.
        portions: the domains that are read in it.
        folder: where its shards lie.
        rate: what the learning rate does in it: `warm`, `stable` or `decay`.
    """

    name: str
    share: float
    portions: tuple[Portion, ...]
    folder: str = "data"
    rate: str = "stable"

    @property
    def tokens(self) -> int:
        """Tokens to be read, repeats included."""
        return sum(portion.tokens for portion in self.portions)

    @property
    def rows(self) -> int:
        """Documents to be read, repeats included."""
        return sum(portion.rows for portion in self.portions)

    def token_shares(self) -> NDArray[np.float64]:
        """Return (n_portions,) float64, summing to 1."""
        return np.array([portion.share for portion in self.portions])

    def document_shares(self) -> NDArray[np.float64]:
        """Return the probabilities of drawing a document: (n_portions,) float64, p_i = (w_i / L_i) / sum_j (w_j / L_j).

        w is the token share, L the mean tokens of a document.
        """
        lengths = np.array([portion.tokens_per_document for portion in self.portions])
        weights = self.token_shares() / lengths
        return np.asarray(weights / fsum(weights))


@dataclass(frozen=True)
class Blend:
    """A run's mixture.

    Attributes:
        phases: in order; a static mixture is one.
        whole: over all phases; the same as the only phase where there is but one.
        left_out: names of domains without a share, a document or, for a trainer of tokens, a token; of what lacks
            tokens in some phases only, with each of these.
        layout: of the shards; None: not known.
        formats: that they are written in.
        packed: tokens of each sequence in formats of tokens; None: a sequence is a document.
        vocabulary: number of tokens there are, in formats of tokens; None: not known.
        max_epochs: the most often that a domain was planned to be read.
    """

    phases: tuple[Phase, ...]
    whole: Phase
    left_out: tuple[str, ...] = ()
    layout: str | None = None
    formats: tuple[str, ...] = ()
    packed: int | None = None
    vocabulary: int | None = None
    max_epochs: float = np.inf

    def only(self, name: str) -> "Blend":
        """Return one phase as a blend of its own.

        Raises:
            ConfigError: there is no such phase.
        """
        for phase in self.phases:
            if phase.name == name:
                alone = replace(phase, share=1.0)
                return replace(self, phases=(alone,), whole=alone)
        known = ", ".join(repr(phase.name) for phase in self.phases)
        raise ConfigError(f"expected a phase among {known}, found {name!r}")
