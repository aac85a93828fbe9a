import pytest
import yaml

from mixpipe.errors import ConfigError
from mixpipe.shards.exporters.axolotl import Axolotl
from mixpipe.shards.exporters.protocol import Settings


def test_the_shards_are_read_once_in_order_without_weights(plain):
    files = Axolotl().files(plain, Settings(prefix="/mnt", sequence_length=2048))
    found = yaml.safe_load(files["data.yaml"])
    (dataset,) = found.pop("datasets")
    assert dataset["data_files"] == ["/mnt/data/*.parquet"]
    assert (dataset["field"], dataset["split"]) == ("text", "train")
    in_order = {"shuffle_merged_datasets": False, "curriculum_sampling": True}
    assert found == {"num_epochs": 1, **in_order, "sequence_len": 2048}
    assert Axolotl().read(files) == []


def test_a_weight_in_the_file_is_refused(plain):
    files = Axolotl().files(plain, Settings())
    with pytest.raises(ValueError, match="weights where the mixture is applied already"):
        Axolotl().read({"data.yaml": files["data.yaml"].replace("field: text", "weight: 0.5")})


def test_it_has_one_place_for_all(plain):
    with pytest.raises(ConfigError, match="of all shards"):
        Axolotl().files(plain, Settings(location="data/{id}"))


def test_phases_are_read_one_after_another(phased):
    (dataset,) = yaml.safe_load(Axolotl().files(phased, Settings())["data.yaml"])["datasets"]
    assert dataset["data_files"] == ["data/phase-1/*.parquet", "data/phase-2/*.parquet"]
