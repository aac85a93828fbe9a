import pytest
from ruamel.yaml import YAML

from mixpipe.shards.card import dataset_card
from mixpipe.tables import SHARDS

DATASET = {
    "formats": ["parquet"],
    "layout": "mixed",
    "text_bytes": 4096,
    "splits": {"train": {"rows": 1200, "tokens": 34_567, "shards": 2}},
    "domains": [
        {
            "id": "d000",
            "name": "pipes|and\nlines",
            "weight_realised": 0.75,
            "weight_target": 0.7,
            "written_tokens": 30_000,
            "rows": 900,
            "docs": 450,
            "epochs": 2.0,
        }
    ],
    "phases": [{"name": "main", "folder": "data", "tokens": 34_567, "domains": [{"id": "d000", "epochs": 2.0}]}],
}
PHASES = [
    {"name": "early", "folder": "data/phase-1", "tokens": 30_000, "domains": [{"id": "d000", "epochs": 1.75}]},
    {"name": "late", "folder": "data/phase-2", "tokens": 4_567, "domains": []},
]


def header(card):
    return YAML(typ="safe", pure=True).load(card.split("---\n")[1])


def test_the_header_names_files_features_and_split():
    found = header(dataset_card(DATASET))
    assert found["configs"][0]["data_files"] == [{"split": "train", "path": "data/train-*.parquet"}]
    assert [feature["name"] for feature in found["dataset_info"]["features"]] == SHARDS.names
    dtypes = {feature["name"]: feature["dtype"] for feature in found["dataset_info"]["features"]}
    assert (dtypes["quality"], dtypes["domain"], dtypes["text"]) == ("float32", "int32", "string")
    assert found["dataset_info"]["splits"] == [{"name": "train", "num_bytes": 4096, "num_examples": 1200}]


def test_other_formats_leave_the_types_to_their_reader():
    assert "dataset_info" not in header(dataset_card({**DATASET, "formats": ["jsonl", "parquet"]}))


@pytest.mark.parametrize(
    ("formats", "read"),
    [
        (["megatron", "parquet"], "data/train-*.parquet"),
        (["mds", "webdataset"], "data/train-*.tar"),
        (["mds", "olmo"], "data/train-*.documents.arrow"),
    ],
)
def test_of_several_formats_one_that_datasets_reads_is_described(formats, read):
    card = dataset_card({**DATASET, "formats": formats})
    assert header(card)["configs"][0]["data_files"] == [{"split": "train", "path": read}]
    assert f"Formats: {', '.join(formats)}." in card


def test_a_format_that_datasets_does_not_read_is_not_described():
    assert "configs" not in (header(dataset_card({**DATASET, "formats": ["mds"]})) or {})


def test_the_table_escapes_names():
    card = dataset_card(DATASET)
    assert "| d000 | pipes\\|and lines | 0.7500 | 0.7000 | 30,000 | 900 | 450 | 2.00 |" in card
    assert "1,200 rows (copies of documents), 34,567 tokens, 2 shards, made" in card
    one = {**DATASET, "splits": {"train": {"rows": 1, "tokens": 34_567, "shards": 1}}}
    assert "1 row (copies of documents), 34,567 tokens, 1 shard, made" in dataset_card(one)


def test_domains_on_their_own_are_a_configuration_each():
    card = dataset_card({**DATASET, "layout": "by-domain"})
    paths = {entry["config_name"]: entry["data_files"][0]["path"] for entry in header(card)["configs"]}
    assert paths == {"default": "data/*/train-*.parquet", "d000": "data/d000/train-*.parquet"}
    assert "in the shares of `mixture.json`" in card


@pytest.mark.parametrize(
    ("layout", "folders"),
    [
        ("mixed", {"default": "data/phase-*", "phase-1": "data/phase-1", "phase-2": "data/phase-2"}),
        (
            "by-domain",
            {
                "default": "data/phase-*/*",
                "phase-1": "data/phase-1/*",
                "phase-2": "data/phase-2/*",
                "d000": "data/phase-*/d000",
            },
        ),
    ],
)
def test_phases_are_configurations_and_a_table_of_epochs(layout, folders):
    card = dataset_card({**DATASET, "layout": layout, "phases": PHASES})
    found = {config["config_name"]: config["data_files"][0]["path"] for config in header(card)["configs"]}
    assert found == {name: f"{folder}/train-*.parquet" for name, folder in folders.items()}
    assert "| epochs | early (data/phase-1, 30,000 tokens) | late (data/phase-2, 4,567 tokens) |" in card
    assert "| d000 | 1.75 | 0.00 |" in card
