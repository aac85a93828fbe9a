import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.errors import InputError, StoreError
from mixpipe.shards.exporters.blend import Phase, Portion
from mixpipe.shards.exporters.published import read_blend


def test_domains_without_a_share_or_a_document_are_left_out_and_named(published):
    blend = read_blend(published([(0.6, 600, 6), (0.0, 0, 0), (0.2, 200, 2), (0.2, 0, 0)]))
    assert [portion.id for portion in blend.whole.portions] == ["d000", "d002"]
    assert blend.left_out == ("name 1", "name 3")
    assert blend.whole.token_shares() == pytest.approx([0.75, 0.25], abs=1e-15)
    assert blend.phases[0].portions == blend.whole.portions


def test_several_phases_keep_their_own_shares(published):
    early, late = [(0.5, 500, 5), (0.5, 500, 50)], [(0.0, 0, 0), (1.0, 1000, 100)]
    blend = read_blend(published(early, late, whole=[(0.25, 500, 5), (0.75, 1500, 150)]))
    assert [phase.name for phase in blend.phases] == ["phase 0", "phase 1"]
    assert [len(phase.portions) for phase in blend.phases] == [2, 1]
    assert blend.whole.token_shares() == pytest.approx([0.25, 0.75])
    assert blend.left_out == ()
    assert blend.only("phase 1").whole.token_shares() == pytest.approx([1.0])


def test_the_shards_own_record_is_read(documents, plan_inputs, make_shards):
    shards = make_shards(plan_inputs(documents(300), cuts=[150], budget_tokens=16_000))
    folder = shards.file("dataset.json").parent
    blend = read_blend(folder)
    record = json.loads((folder / "dataset.json").read_text())
    assert blend.whole.tokens == sum(domain["written_tokens"] for domain in record["domains"])
    assert blend.whole.rows == sum(domain["rows"] for domain in record["domains"])
    # p of a document is the domain's part of the rows
    rows = np.array([portion.rows for portion in blend.whole.portions])
    assert blend.whole.document_shares() == pytest.approx(rows / rows.sum(), rel=1e-12)


def test_a_folder_without_a_mixture_is_a_clear_error(tmp_path, published):
    with pytest.raises(InputError, match=r"mixture\.json"):
        read_blend(tmp_path)
    with pytest.raises(InputError, match="found none"):
        read_blend(published([(0.0, 0, 0)]))
    (published([(1.0, 1, 1)]) / "mixture.json").write_text('{"schema": "other/2", "phases": []}')
    with pytest.raises(StoreError, match="schema"):
        read_blend(tmp_path / "run")


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
