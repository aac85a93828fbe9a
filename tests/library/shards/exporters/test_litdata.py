import ast

import pytest

from mixpipe.shards.exporters.litdata import LitData
from mixpipe.shards.exporters.protocol import Settings, known_unit


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
