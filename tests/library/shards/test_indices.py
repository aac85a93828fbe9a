import pyarrow as pa

from mixpipe.shards.formats.jsonl import JsonLines
from mixpipe.shards.formats.mds import Mds
from mixpipe.shards.indices import write_indices
from mixpipe.store.files import read_json
from mixpipe.tables import SHARDS

ROWS = pa.Table.from_pylist([], SHARDS)
NAMES = ["data/d000/train-00000-of-00002", "data/d000/train-00001-of-00002", "data/d001/train-00000-of-00001"]


class Other(Mds):
    """A format whose reader looks for the same file."""

    def index(self, paths):
        return {"index.json": {"others": [path.name for path in paths]}}


def write(root):
    for name in NAMES:
        Mds().write(root / f"{name}.mds", [ROWS])


def test_every_folder_lists_its_own_shards(tmp_path):
    write(tmp_path)
    write_indices(tmp_path, NAMES, [Mds(), JsonLines()])
    for folder, names in (("d000", NAMES[:2]), ("d001", NAMES[2:])):
        shards = read_json(tmp_path / "data" / folder / "index.json")["shards"]
        assert [f"data/{folder}/{shard['raw_data']['basename']}" for shard in shards] == [f"{one}.mds" for one in names]


def test_formats_that_look_for_one_file_share_it(tmp_path):
    write(tmp_path)
    write_indices(tmp_path, NAMES, [Mds(), Other()])
    found = read_json(tmp_path / "data" / "d001" / "index.json")
    assert found["others"] == ["train-00000-of-00001.mds"]
    assert (found["version"], len(found["shards"])) == (2, 1)


def test_formats_without_an_index_write_none(tmp_path):
    write_indices(tmp_path, NAMES, [JsonLines()])
    assert list(tmp_path.rglob("index.json")) == []
