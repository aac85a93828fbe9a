from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from pydantic import Field

from mixpipe.duplicates.dealing import (
    by_part,
    compared,
    finish_sample,
    plan_deal,
    plan_sample,
    run_deal,
    run_sample,
)
from mixpipe.duplicates.semantic_config import SemanticConfig
from mixpipe.duplicates.sketches import sketch_file
from mixpipe.store.stage import Context, StageConfig


class Config(StageConfig):
    semantic: SemanticConfig = Field(default_factory=SemanticConfig)


@pytest.fixture
def context(tmp_path, upstream, document):
    """Two parts of 20 documents in two domains; the last of each part repeats its first."""

    def made(**config):
        rows = [document(f"text {n}", n % 2, duplicate=n % 20 == 19) for n in range(40)]
        out = tmp_path / "out"
        out.mkdir()
        return Context(Config(semantic=SemanticConfig(**config)), upstream(rows, [20], [0.5, 0.5]), out)

    return made


def test_exact_duplicates_are_not_compared(context):
    made = context()
    for name in made.inputs["ingest"].names():
        assert compared(made, name).tolist() == [True] * 19 + [False]


def test_where_asked_only_texts_without_shingles_are_compared(context):
    made = context(compare="short")
    for name in made.inputs["ingest"].names():
        np.save(sketch_file(made, name, "rows"), np.arange(2, 18, dtype=np.uint32))
        assert np.flatnonzero(compared(made, name)).tolist() == [0, 1, 18]  # row 19 is an exact duplicate


def test_parts_are_numbered_and_known_by_all_that_they_are_made_from(context):
    made = context()
    parts = by_part(made, "semantic-deal", {"more": 1})
    assert [part.name for part in parts] == [f"semantic-deal-0000{n}-of-00002" for n in range(2)]
    assert [part.spec["number"] for part in parts] == [0, 1]
    assert all({"ingest", "embed", "domains", "config", "more"} < part.identity.keys() for part in parts)


def test_a_domain_is_sampled_only_where_it_is_to_be_cut(context):
    made = context(documents_per_cell=16)
    assert len(plan_sample(made)) == 2  # 20 documents in each domain
    roomy = replace(made, config=Config(semantic=SemanticConfig(documents_per_cell=20)))
    assert plan_sample(roomy) == []


def test_every_compared_document_is_dealt_once_into_a_cell_of_its_domain(context):
    made = context(documents_per_cell=16)
    for part in plan_sample(made):
        run_sample(made, part)
    cells = finish_sample(made)["cells"]
    counted = [run_deal(made, part)["compared"] for part in plan_deal(made)]
    assert counted == [19, 19]
    domain_of = {}
    for number, part in enumerate(plan_deal(made)):
        table = pq.read_table(made.out / f"{part.name}.parquet")
        assert table["part"].to_pylist() == [number] * 19
        assert sorted(table["row"].to_pylist()) == list(range(19))
        cell = table["cell"].to_pylist()
        assert cell == sorted(cell)
        assert max(cell) < cells
        for row, place in zip(table["row"].to_pylist(), cell, strict=True):
            assert domain_of.setdefault(place, row % 2) == row % 2
    assert {*domain_of.values()} == {0, 1}
