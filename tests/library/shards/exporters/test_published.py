import json

import numpy as np
import pytest

from mixpipe.errors import InputError, StoreError
from mixpipe.runs.export import Asked, export_blend
from mixpipe.shards.exporters import EXPORTERS, load_exporter
from mixpipe.shards.exporters.protocol import Settings
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


PHASES = [
    {"name": "early", "share": 0.5},
    {"name": "late", "share": 0.5, "mixture": {"domain-1": 0.5, "domain-2": 0.5}},
]


@pytest.mark.parametrize("phases", [1, PHASES], ids=["one phase", "two phases"])
@pytest.mark.parametrize("name", sorted(EXPORTERS))
def test_every_trainer_is_told_places_that_are_there(documents, plan_inputs, make_shards, tokenizer_file, name, phases):
    inputs = plan_inputs(documents(300), cuts=[150], budget_tokens=9_000, phases=phases, max_epochs=9)
    about = load_exporter(name).about
    unit = about.units[-1] if about.by_unit else None  # for litdata documents, which need no library
    (form, *_) = about.forms(Settings(unit=unit))
    config = {"tokenizer": tokenizer_file} if form in ("megatron", "datatrove", "olmo") else {}
    layout = "mixed" if about.applied else "by-domain"
    size = inputs["plan"].counts["bytes"] / 2**20 / 12
    shards = make_shards(inputs, layout=layout, formats=[form], shard_mib=size, **config)
    folder = shards.file("dataset.json").parent
    blend = read_blend(folder)
    if not about.applied:
        assert max(len(portion.shards) for phase in blend.phases for portion in phase.portions) > 1
    settings = Settings(sequence_length=4, batch_size=1, unit=unit)
    if name == "levanter" and phases != 1:
        pytest.skip("a phase of so few sequences has no block of levanter's")
    found = export_blend(folder, name, settings, Asked(check=True))
    assert not [note for note in found.notes if "run with" in note]


def test_a_domain_shorter_than_a_sequence_is_left_out_of_tokens_and_not_of_texts(
    documents, plan_inputs, make_shards, tokenizer_file
):
    inputs = plan_inputs(documents(300), cuts=[150], budget_tokens=9_000, max_epochs=9, weights=(0.98, 0.01, 0.01))
    config = {"tokenizer": tokenizer_file, "sequence_length": 2_000, "formats": ["parquet", "megatron"]}
    folder = make_shards(inputs, layout="by-domain", **config).file("dataset.json").parent
    assert (folder / "data/d001/train-00000-of-00001.bin").stat().st_size == 0
    tokens, texts = (export_blend(folder, name, Settings(), Asked(check=True)) for name in ("megatron", "hf"))
    assert tokens.files["train.args"].split() == ["1.0", "data/d000/train-00000-of-00001"]
    assert "left out, for nothing of it is read: domain-1" in tokens.notes
    assert "domain-1" not in "".join(texts.notes)


def test_shards_that_are_not_what_a_trainer_needs_are_said_to_be_so(documents, plan_inputs, make_shards):
    shards = make_shards(plan_inputs(documents(100), budget_tokens=3_000))
    notes = export_blend(shards.file("dataset.json").parent, "megatron", Settings(), Asked()).notes
    assert any(
        "are mixed, parquet: run with --set shards.layout=by-domain --set shards.formats=[megatron]" in n for n in notes
    )
