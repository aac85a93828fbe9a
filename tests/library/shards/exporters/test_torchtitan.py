import pytest

from mixpipe.shards.exporters.protocol import Settings, known_unit
from mixpipe.shards.exporters.torchtitan import TorchTitan


@pytest.mark.parametrize(("unit", "weights"), [(None, [50 / 71, 1 / 71, 20 / 71]), ("sequences", [0.5, 0.3, 0.2])])
def test_the_module_makes_the_mix_of_the_classes_it_is_given(plain, unit, weights):
    files = TorchTitan().files(plain, Settings(unit=known_unit(unit)))
    module = {}
    exec(compile(files["dataset_mix.py"], "dataset_mix.py", "exec"), module)
    mixed = module["mix"](lambda datasets: datasets, lambda dataset, weight: (dataset, weight), str.upper)
    assert [place for place, _ in mixed] == ["DATA/D000", "DATA/D001", "DATA/D002"]
    assert [weight for _, weight in mixed] == pytest.approx(weights)
    assert list(TorchTitan().read(files)[0].values()) == [weight for _, weight in mixed]
