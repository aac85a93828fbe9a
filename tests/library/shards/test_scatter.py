import pytest

from mixpipe.errors import StageError, StoreError
from mixpipe.shards.config import ShardsConfig
from mixpipe.shards.layout import shard_layout
from mixpipe.shards.scatter import SCATTERED, group_parts, last_id_before, read_batches, write_batches
from mixpipe.store.stage import Context


@pytest.fixture
def inputs(documents, plan_inputs):
    return plan_inputs(documents(100), cuts=[20, 50, 51], budget_tokens=4_000)


@pytest.fixture
def context(inputs, tmp_path):
    return Context(ShardsConfig(), inputs, tmp_path)


def test_groups_hold_every_part_once_with_its_first_row(inputs):
    for shard_mib in (0.001, 0.03, 100):
        groups = group_parts(inputs["plan"], shard_mib)
        assert [row for group in groups for _, row in group] == [0, 20, 50, 51]
        assert [name for group in groups for name, _ in group] == inputs["ingest"].names()
    assert len(group_parts(inputs["plan"], 100)) == 1
    assert len(group_parts(inputs["plan"], 0.001)) == 4


def test_each_batch_is_one_shards_stretch_of_positions(context, inputs, tmp_path):
    path = tmp_path / "scatter.arrow"
    parts = [part for group in group_parts(inputs["plan"], 100) for part in group]
    layout = shard_layout("mixed", inputs["plan"].counts["bytes"] / 2**20 / 4, inputs["plan"], inputs["domains"])
    assert len(layout.names) == 4
    assert write_batches(context, path, parts, layout) == inputs["plan"].counts["copies"]
    for shard in range(4):
        table = read_batches([path], shard)
        assert table.schema.equals(SCATTERED)
        positions = table["position"].to_pylist()
        assert positions == sorted(positions)
        assert shard / 4 <= positions[0]
        assert positions[-1] < (shard + 1) / 4
    assert last_id_before([path], 0) is None
    assert last_id_before([path], 2) == read_batches([path], 1)["id"][-1].as_py()


def test_rows_that_are_other_documents_are_refused(context, inputs, documents, upstream, tmp_path):
    others = upstream(documents(100, seed=5), [20, 50, 51], [0.5, 0.3, 0.2])
    mixed = Context(context.config, {**inputs, "ingest": others["ingest"]}, tmp_path)
    with pytest.raises(StageError, match="same rows of plan"):
        layout = shard_layout("mixed", 100, inputs["plan"], inputs["domains"])
        write_batches(mixed, tmp_path / "scatter.arrow", group_parts(inputs["plan"], 100)[0], layout)


def test_a_damaged_scratch_file_is_a_clear_error(tmp_path):
    (tmp_path / "scatter.arrow").write_bytes(b"no arrow")
    with pytest.raises(StoreError, match="expected an Arrow file"):
        read_batches([tmp_path / "scatter.arrow"], 0)
