import pytest

from mixpipe.errors import ConfigError, StageError
from mixpipe.plan.config import PlanConfig
from mixpipe.plan.eligible import read_eligible
from mixpipe.store.stage import Context

NAME = "part-00000-of-00001.parquet"


@pytest.fixture
def read(tmp_path, upstream):
    def make(documents, **config):
        inputs = upstream(documents, [], [0.5, 0.5])
        return read_eligible(Context(PlanConfig(budget_tokens=10, **config), inputs, tmp_path), NAME)

    return make


def test_domains_reasons_and_scores_are_read_row_by_row(read, document):
    found = read(
        [
            document("good", 1, quality=1.0),
            document("bad", 0, quality=0.0, drop_reason="c4"),
            document("", 0, quality=0.0),
            document("worst", 0, quality=0.0),
        ]
    )
    assert found.reason.to_pylist() == ["", "c4", "no_tokens", ""]
    assert found.domain.tolist() == [1, 0, 0, 0]
    assert found.mask.tolist() == [True, False, False, True]
    assert found.candidates.columns["quality_rank"].tolist() == [1.0, 0.0]
    assert found.candidates.ids == [found.documents["id"][row].as_py() for row in (0, 3)]
    assert list(found.candidates.names) == ["domain-0", "domain-1"]


def test_a_dropped_document_needs_no_quality(read, document):
    assert read([document("a", 0, quality=None, drop_reason="c4")]).mask.tolist() == [False]


def test_a_column_that_no_scorer_gave_is_named(read, document):
    with pytest.raises(ConfigError, match=r"found no nosuch; add the scorer"):
        read([document("a", 0)], maker="top", settings={"column": "nosuch"})


def test_rows_that_are_other_documents_are_refused(tmp_path, upstream, document):
    inputs = upstream([document("a", 0), document("b", 1)], [], [0.5, 0.5])
    others = upstream([document("b", 1), document("a", 0)], [], [0.5, 0.5])
    context = Context(PlanConfig(budget_tokens=10), {**inputs, "scores": others["scores"]}, tmp_path)
    with pytest.raises(StageError, match="same rows of scores"):
        read_eligible(context, NAME)
