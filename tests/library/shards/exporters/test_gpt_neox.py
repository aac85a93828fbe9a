import yaml

from mixpipe.shards.exporters.gpt_neox import GptNeox
from mixpipe.shards.exporters.protocol import Settings


def test_weights_are_token_shares_and_never_of_documents(plain):
    files = GptNeox().files(plain, Settings(prefix="/mnt/", sequence_length=2048))
    places = [f"/mnt/data/d00{number}/train-00000-of-00001" for number in range(3)]
    assert yaml.safe_load(files["data.yml"]) == {
        "train_data_paths": places,
        "train_data_weights": [0.5, 0.3, 0.2],
        "weight_by_num_documents": False,
        "seq_length": 2048,
    }
    assert GptNeox().read(files) == [dict(zip(places, [0.5, 0.3, 0.2], strict=True))]
