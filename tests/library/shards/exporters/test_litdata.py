import ast
import json
import shutil
import struct
from pathlib import Path

import pytest

from mixpipe.shards.exporters.litdata import CODE, LitData
from mixpipe.shards.exporters.protocol import Settings, known_unit
from mixpipe.shards.formats.mds import Mds
from mixpipe.tables import SHARDS


@pytest.mark.parametrize(
    ("unit", "weights"), [("sequences", [0.5, 0.3, 0.2]), ("documents", [50 / 71, 1 / 71, 20 / 71])]
)
def test_the_module_holds_the_shares_of_its_unit_and_never_iterates_over_all(plain, unit, weights):
    files = LitData().files(plain, Settings(512, unit=known_unit(unit), seed=7))
    (found,) = LitData().read(files)
    assert list(found) == [f"data/d00{number}" for number in range(3)]
    assert list(found.values()) == pytest.approx(weights)
    module = ast.parse(files["load_mixture.py"])
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    (combined,) = [call for call in calls if call.func.id == "CombinedStreamingDataset"]
    options = {option.arg: option.value for option in combined.keywords}
    assert isinstance(options["iterate_over_all"], ast.Constant)
    assert options["iterate_over_all"].value is False
    assert "SEED = 7" in files["load_mixture.py"]


def test_mds_is_linked_under_an_index_that_names_what_litdata_looks_for(tmp_path):
    Mds().write(tmp_path / "train.mds", [SHARDS.empty_table()])
    index = Mds().index([tmp_path / "train.mds"])["index.json"]
    (tmp_path / "index.json").write_text(json.dumps(index))
    module = {}
    exec(CODE, module)
    folder = Path(module["linked"](tmp_path))
    found = json.loads((folder / "index.json").read_text())["shards"][0]
    assert found["zip_data"] == found["raw_data"] == index["shards"][0]["raw_data"]
    assert (folder / "train.mds").samefile(tmp_path / "train.mds")
    shutil.rmtree(folder)


def test_numbers_of_32_bits_are_read():
    module = {}
    exec(CODE, module)
    assert module["Number"]("int32").deserialize(struct.pack("<i", -7)) == -7
    assert module["Number"]("float32").deserialize(struct.pack("<f", 0.25)) == 0.25
