"""The stage over tiny shards: what keeps its label, what is left out, what is done again."""

from pathlib import Path

import numpy as np
import pytest

from mixpipe.errors import ConfigError, StageError
from mixpipe.models.causal import CausalModel
from mixpipe.shards.cleaning.config import CleaningConfig
from mixpipe.shards.cleaning.labelling import CLEANED
from mixpipe.shards.cleaning.selecting import IGNORED
from mixpipe.shards.cleaning.stage import CLEANING
from mixpipe.store.build import finish_step, open_stage, run_part
from mixpipe.store.files import read_json, read_table

SMALL = 0.02


@pytest.fixture
def shards(documents, plan_inputs, make_shards):
    return make_shards(plan_inputs(documents(120), cuts=[70], budget_tokens=4_000), shard_mib=SMALL)


@pytest.fixture
def models(causal_model):
    return {"base": str(causal_model(0)), "reference": str(causal_model(1))}


@pytest.fixture
def clean(tmp_path, build, shards):
    """Builds the stage over the shards."""

    def make(root=tmp_path, *, backwards=False, **config):
        return build(root, CLEANING, CleaningConfig(**config), {"shards": shards}, backwards=backwards)

    return make


def rows_of(artefact, folder="data"):
    return [row for name in artefact.names(f"{folder}/*") for row in read_table(artefact.file(name)).to_pylist()]


def texts_of(shards):
    return [row for name in shards.names("data/*.parquet") for row in read_table(shards.file(name)).to_pylist()]


@pytest.mark.parametrize("scope", ["global", "sample"])
def test_the_best_share_keeps_its_labels(clean, models, shards, scope):
    artefact = clean(**models, keep=0.5, scope=scope)
    scored, record = rows_of(artefact, "scored"), read_json(artefact.file("cleaning.json"))
    excess = [np.array(row["excess"], np.float32)[1:] for row in scored]
    wanted = [np.zeros(len(values), np.bool_) for values in excess]
    if scope == "sample":
        for values, mask in zip(excess, wanted, strict=True):
            mask[np.argsort(-values, kind="stable")[: len(values) // 2]] = True
    else:
        together = np.concatenate(excess)
        chosen = np.zeros(len(together), np.bool_)
        chosen[np.argsort(-together, kind="stable")[: len(together) // 2]] = True
        wanted = np.split(chosen, np.cumsum([len(values) for values in excess])[:-1])
    expected = [
        [IGNORED, *np.where(mask, row["input_ids"][1:], IGNORED).tolist()]
        for row, mask in zip(scored, wanted, strict=True)
        if mask.any()
    ]
    found = rows_of(artefact)
    assert [row["labels"] for row in found] == expected
    assert all(row["attention_mask"] == [1] * len(row["input_ids"]) for row in found)
    assert read_table(artefact.file(artefact.names("data/*")[0])).schema.equals(CLEANED)
    assert record["kept_tokens"] == sum(mask.sum() for mask in wanted)
    assert record["documents"] == len(texts_of(shards)) >= record["kept_documents"] == len(found)


def test_exactly_the_label_of_a_token_that_the_base_model_alone_finds_hard_survives(clean, opinion, shards):
    """A shift by one would keep its neighbour: the likeliest error, says the specification."""
    model = CausalModel(Path(opinion("plain")), dtype="float32", window=64, device="cpu")
    texts = [model.tokens([row["text"]]).ids for row in texts_of(shards)]
    numbers, counts = np.unique(np.concatenate(texts), return_counts=True)
    token = int(numbers[np.argmin(counts)])
    share = (counts.min() + 0.5) / (sum(map(len, texts)) + len(texts))
    artefact = clean(base=opinion("hard", token, -1000.0), reference=opinion("easy"), keep=float(share))
    found = rows_of(artefact)
    assert sum((np.array(row["labels"]) >= 0).sum() for row in found) == counts.min()
    for row in found:
        labels, ids = np.array(row["labels"]), np.array(row["input_ids"])
        assert ((labels == token) == (ids == token)).all()
        assert (labels[ids != token] == IGNORED).all()


def test_documents_without_a_response_are_left_out(clean, models, shards):
    marker = texts_of(shards)[0]["text"][:12]
    artefact = clean(**models, keep=1.0, response_after=marker)
    with_marker = [row["id"] for row in texts_of(shards) if marker in row["text"]]
    assert [row["id"] for row in rows_of(artefact)] == with_marker
    for row in rows_of(artefact):
        assert row["labels"][0] == IGNORED != row["labels"][-1]


def test_no_response_at_all_is_refused(clean, models):
    with pytest.raises(StageError, match="'nowhere'"):
        clean(**models, response_after="nowhere")


def test_another_share_reads_no_model_again(clean, models, shards, tmp_path):
    clean(**models, keep=0.5)
    config = CleaningConfig(**models, keep=0.25, scope="sample")
    job = open_stage(tmp_path, CLEANING, config, {"shards": shards})
    score, _ = job.steps
    assert job.pending(score, job.plan(score)) == []
    other = job.steps[0]
    again = open_stage(tmp_path, CLEANING, CleaningConfig(**models, window=32), {"shards": shards})
    assert len(again.pending(other, again.plan(other))) == len(shards.names("data/*.parquet"))


def test_order_of_parts_and_places_of_models_make_no_difference(clean, models, causal_model, tmp_path):
    import shutil

    elsewhere = shutil.copytree(causal_model(0), tmp_path / "elsewhere")
    one = clean(**models)
    other = clean(tmp_path / "other", backwards=True, **{**models, "base": str(elsewhere)})
    assert one.fingerprint == other.fingerprint
    assert [entry.sha256 for entry in one.manifest.files] == [entry.sha256 for entry in other.manifest.files]


def test_shards_of_tokens_alone_are_refused(documents, plan_inputs, make_shards, build, tmp_path, models):
    inputs = plan_inputs(documents(60), budget_tokens=2_000)
    shards = make_shards(inputs, shard_mib=SMALL, formats=["datatrove"])
    with pytest.raises(ConfigError, match="tokens alone"):
        build(tmp_path, CLEANING, CleaningConfig(**models), {"shards": shards})


def test_any_format_of_texts_will_do(documents, plan_inputs, make_shards, build, tmp_path, models):
    inputs = plan_inputs(documents(60), budget_tokens=2_000)
    shards = make_shards(inputs, shard_mib=SMALL, formats=["datatrove", "jsonl"])
    artefact = build(tmp_path, CLEANING, CleaningConfig(**models), {"shards": shards})
    assert rows_of(artefact)


def test_one_model_in_the_place_of_two_is_refused(clean, models):
    with pytest.raises(ConfigError, match="found the same one"):
        clean(base=models["base"], reference=models["base"])


def test_no_two_shards_are_taken_for_one(documents, plan_inputs, make_shards, models, tmp_path):
    """Domains have shards of one name, so a part that was known by it would be taken over by all of them."""
    shards = make_shards(plan_inputs(documents(120), budget_tokens=4_000), shard_mib=SMALL, layout="by-domain")
    job = open_stage(tmp_path, CLEANING, CleaningConfig(**models), {"shards": shards})
    score, label = job.steps
    for part in job.plan(score):
        run_part(job, score, part)
    finish_step(job, score)
    parts = job.plan(label)
    assert len({job.reuse_key(part) for part in parts}) == len(parts) > 1
