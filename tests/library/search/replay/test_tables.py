import numpy as np
import pytest

from mixpipe.errors import ConfigError, InputError
from mixpipe.search.replay.tables import aligned, read_runs


def test_a_table_is_read_as_it_is(table):
    assert (table.domains, table.targets, len(table)) == (("a", "b", "c"), ("x", "z"), 60)
    assert table.mixtures.sum(axis=1) == pytest.approx(np.ones(60))
    assert table.columns["model_params"][:3].tolist() == [1000, 2000, 3000]
    assert table.columns["suite"][:2].tolist() == ["two", "one"]
    assert table.negated == ()


def test_an_empty_measurement_is_missing_and_no_error(write):
    assert np.isnan(read_runs(write(**{"y:z": ""})).losses[1, 1])


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"y:x": "high"}, r"number in column 'y:x' of row 2 .* found 'high'"),
        ({"w:a": ""}, r"number in column 'w:a' of row 2"),
        ({"w:a": "0.9", "w:b": "0.9"}, r"sum to 1 .* row 2 \(r1\)"),
        ({"w:a": "-0.5"}, r"weights >= 0"),
        ({"w:a": "nan"}, r"weights >= 0"),
        ({"run_id": "r0"}, r"unique run ids .* 'r0' in rows 1 and 2"),
        ({"suite": "a,b"}, r"expected 8 cells .* found 9 in line 3"),
    ],
)
def test_what_decides_numbers_is_strict(write, cells, message):
    with pytest.raises(InputError, match=message):
        read_runs(write(**cells))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "found nothing"),
        ("w:a,y:x\n", "found no run"),
        ("a,y:x\n1,2\n", "mixture weights"),
        ("w:a,x\n1,2\n", "measured targets"),
        ("w:a,w:a,y:x\n.5,.5,1\n", "'w:a' more than once"),
        ("w:a,W:b,y:x\n.5,.5,1\n", "found 'W:b'"),
        ("w:a,y: x\n1,1\n", "found 'y: x'"),
    ],
)
def test_columns_that_are_missing_or_misnamed_are_named(tmp_path, text, message):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_runs(tmp_path / "t.csv")


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"gone\.csv: No such file"):
        read_runs(tmp_path / "gone.csv")


def test_accuracies_are_negated_and_said_so(write):
    path = write()
    path.write_text(path.read_text().replace("y:z", "y:accuracy"))
    table = read_runs(path, maximise=["x"])
    assert table.negated == ("x", "accuracy")
    assert (table.losses < 0).all()
    assert "negated" in table.notes()[0]
    with pytest.raises(ConfigError, match="name a target"):
        read_runs(path, maximise=["w"])


def test_two_tables_are_brought_into_one_order(write):
    fit = read_runs(write())
    other = write("other.csv", seed=1)
    other.write_text(other.read_text().replace("w:a,w:b,w:c", "w:c,w:b,w:a"))
    scored = aligned(read_runs(other), fit)
    assert scored.domains == fit.domains
    other.write_text(other.read_text().replace("w:c", "w:d"))
    with pytest.raises(InputError, match=r"only in .*runs\.csv: c; only in .*other\.csv: d"):
        aligned(read_runs(other), fit)


def test_targets_are_narrowed_by_name(table):
    assert table.narrowed(["y:z"]).losses.tolist() == table.losses[:, 1:].tolist()
    with pytest.raises(ConfigError, match="among x, z, found w"):
        table.narrowed(["w"])
