import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.shards.exporters.blend import Phase, Portion


@given(st.lists(st.tuples(st.floats(1e-6, 1), st.integers(1, 10**9), st.integers(1, 10**6)), min_size=1, max_size=20))
def test_drawing_documents_by_their_shares_gives_the_token_shares(domains):
    total = sum(weight for weight, _, _ in domains)
    phase = Phase(
        "main",
        1.0,
        tuple(
            Portion(f"d{i}", "", weight / total, tokens, rows, rows, 1)
            for i, (weight, tokens, rows) in enumerate(domains)
        ),
    )
    lengths = np.array([portion.tokens_per_document for portion in phase.portions])
    tokens = phase.document_shares() * lengths
    assert tokens / tokens.sum() == pytest.approx(phase.token_shares(), rel=1e-9)
    assert phase.document_shares().sum() == pytest.approx(1, abs=1e-12)
