import numpy as np

from mixpipe.scores import protocol
from mixpipe.scores.scoring import decided, score_columns, scored


class Lengths:
    columns = ("length",)
    rules = ()

    def score(self, batch):
        return np.array([[float(len(text))] for text in batch.texts])


class Doubled(Lengths):
    columns = ("double", "half")

    def score(self, batch):
        return np.column_stack([batch.column("length") * 2, batch.column("length") / 2])


def test_a_scorer_sees_the_columns_of_those_before_it_in_every_block(make_batch, monkeypatch):
    monkeypatch.setattr(protocol, "BLOCK_DOCUMENTS", 2)
    found = score_columns(make_batch(["a", "bb", "", "dddd", "eeeee"]), {"first": Lengths(), "second": Doubled()})
    assert {name: values.tolist() for name, values in found.items()} == {
        "length": [1, 2, 0, 4, 5],
        "double": [2, 4, 0, 8, 10],
        "half": [0.5, 1, 0, 2, 2.5],
    }


def test_no_documents_have_columns_of_none(make_batch):
    assert {name: len(values) for name, values in score_columns(make_batch([]), {"a": Lengths()}).items()} == {
        "length": 0
    }


def test_what_was_decided_stands_in_for_the_scores_of_the_same_part():
    part = "part-00003-of-00016.parquet"
    assert scored(part) == "scored-00003-of-00016.parquet"
    assert decided(None, scored(part)) == part
