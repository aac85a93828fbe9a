"""From links to twins, and back to the rows of documents that were not compared."""

from types import SimpleNamespace

import pyarrow as pa
import pytest

from mixpipe.duplicates.semantic_steps import LINKS
from mixpipe.duplicates.settling import (
    THRESHOLD_FILE,
    finish_settle,
    plan_return,
    plan_settle,
    run_return,
    run_settle,
    semantic_file,
    semantic_of,
)
from mixpipe.store.files import write_json, write_table
from mixpipe.store.stage import Context


@pytest.fixture
def settled(tmp_path, upstream, document):
    """Settle links of three documents of which the first two have an exact copy in another part."""
    texts = ["kept", "dropped", "alone"]
    rows = [document(text, 0) for text in texts] + [document(text, 0, duplicate=True) for text in texts[:2]]
    config = SimpleNamespace(identity=dict)
    context = Context(config, upstream(rows, [3], [1.0]), tmp_path / "out")
    context.out.mkdir()
    links = {"part": [0] * 3, "row": [0, 1, 2], "id": [row["id"] for row in rows[:3]], "settled": [False] * 3}
    links |= {"similarity": pa.array([None, 0.98, 0.5], pa.float32()), "link": [-1, 0, 1]}
    write_table(context.out / "semantic-compare-000000-000.parquet", pa.table(links).select(LINKS.names), LINKS)

    def found(threshold):
        write_json(context.out / THRESHOLD_FILE, threshold)
        for plan, run, finish in ((plan_settle, run_settle, finish_settle), (plan_return, run_return, None)):
            for part in plan(context):
                run(context, part)
            if finish:
                finish(context)
        names = context.inputs["ingest"].names()
        return [semantic_of(context, name, size) for name, size in zip(names, (3, 2), strict=True)], rows

    return found


def test_what_is_above_the_threshold_has_a_twin_and_copies_have_their_texts(settled):
    ((twins, similarities), (copies, likewise)), rows = settled(0.96)
    assert twins == [None, rows[0]["id"], None]
    assert similarities == [None, pytest.approx(0.98), 0.5]
    assert (copies, likewise) == (twins[:2], similarities[:2])


def test_another_threshold_settles_the_same_links_otherwise(settled):
    ((twins, _), (copies, _)), _ = settled(0.99)
    assert twins == [None] * 3 and copies == [None] * 2


def test_switched_off_there_is_nothing(tmp_path):
    assert semantic_file("part-00001-of-00002.parquet") == "semantic-00001-of-00002.parquet"
    assert semantic_of(Context(None, {}, tmp_path), "part-00001-of-00002.parquet", 2) == ([None] * 2, [None] * 2)
