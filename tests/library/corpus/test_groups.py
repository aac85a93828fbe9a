import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.corpus.groups import FILE_COST, MOST, groups, units_of
from mixpipe.corpus.inputs import InputFile, input_files
from mixpipe.store.stage import Part

SIZE = 1 << 20
sizes = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=6), st.integers(0, 3 * SIZE), max_size=60)


def listed(found: dict[str, int]) -> list[InputFile]:
    return [InputFile(f"{name}.jsonl", "", size, 0, "digest") for name, size in sorted(found.items())]


@given(sizes)
def test_groups_hold_every_file_once_in_order_and_bounded(found):
    made = list(groups(listed(found), SIZE))
    assert [unit.file for group in made for unit in group] == listed(found)
    for group in made:
        filled = sum(unit.file.size + FILE_COST for unit in group)
        assert filled <= MOST * SIZE or len(group) == 1


def test_new_files_change_only_the_groups_they_fall_into():
    old = {f"file-{number:04d}": 20_000 for number in range(0, 2000, 2)}
    new = {**old, "file-0777": 20_000, "zzz": 20_000}
    before = {tuple(unit.file.name for unit in group) for group in groups(listed(old), SIZE)}
    after = {tuple(unit.file.name for unit in group) for group in groups(listed(new), SIZE)}
    assert len(before) > 20
    assert len(before - after) <= 3


def test_large_parquet_files_are_cut_into_row_groups(tmp_path):
    texts = [f"{number} " * 500 for number in range(400)]
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet", row_group_size=10, compression="none")
    made = list(groups(input_files([str(tmp_path)], "f"), 1 << 16))
    ranges = [unit.row_groups for group in made for unit in group]
    assert len(ranges) > 1
    assert [stop for _, stop in ranges[:-1]] == [start for start, _ in ranges[1:]]
    assert (ranges[0][0], ranges[-1][1]) == (0, 40)


def test_units_survive_their_spec(tmp_path):
    (tmp_path / "a.txt").write_text("a")
    (group,) = groups(input_files([str(tmp_path)], "f"), SIZE)
    assert units_of(Part("p", {"units": [unit.spec() for unit in group]}, {})) == group
