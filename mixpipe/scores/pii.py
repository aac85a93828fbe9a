"""How often a text names a person's address, from its head; what counts is in `mixpipe/personal_data.py`.

Counting only: a text cannot be masked here, because its id is the hash of its text; `ingest.mask` does it before.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from mixpipe.personal_data import KINDS, places
from mixpipe.scores.document import Document
from mixpipe.scores.protocol import Rule
from mixpipe.scores.rules import RuleSet

__all__ = ["PII"]


class PII(RuleSet):
    """Numbers of e-mail addresses, telephone numbers, public IPv4 addresses, card numbers and IBANs."""

    family = "pii"
    measures = ("emails", "phones", "addresses", "cards", "ibans")
    rules = tuple(Rule(kind, measure, most=0) for kind, measure in zip(KINDS, measures, strict=True))

    def measure(self, documents: Sequence[Document]) -> np.ndarray:
        """Return (n, 5) float64 counts."""
        counts = [Counter(place.kind for place in places(document.head)) for document in documents]
        return np.array([[count[kind] for kind in KINDS] for count in counts], np.float64).reshape(-1, len(KINDS))
