import pyarrow as pa
import pytest

from mixpipe.errors import StageError
from mixpipe.shards.formats import load_format
from mixpipe.shards.layout import phase_folders, shard_files, shard_layout
from mixpipe.shards.verify import verify_shards
from mixpipe.store.files import read_json, read_table


@pytest.fixture
def inputs(documents, plan_inputs):
    return plan_inputs(documents(300), cuts=[70, 150], budget_tokens=16_000)


def mib(inputs, shards):
    return inputs["plan"].counts["bytes"] / 2**20 / shards


def test_shards_are_counted_by_planned_text(inputs):
    for wanted in (1, 3):
        layout = shard_layout("mixed", mib(inputs, wanted), inputs["plan"], inputs["domains"])
        assert layout.names == [f"data/train-{shard:05d}-of-{wanted:05d}" for shard in range(wanted)]
        assert [layout.stretch(shard) for shard in range(wanted)] == [range(wanted)] * wanted


def test_a_domain_has_shards_by_its_share_and_one_at_least(inputs):
    layout = shard_layout("by-domain", mib(inputs, 10), inputs["plan"], inputs["domains"])
    domains = read_json(inputs["plan"].file("mixture.json"))["phases"][0]["domains"]
    shares = [10 * domain["planned_tokens"] / inputs["plan"].counts["tokens"] for domain in domains]
    assert all(count - 1 < share <= count for count, share in zip(layout.counts[0], shares, strict=True))
    assert layout.names[0] == f"data/d000/train-00000-of-{layout.counts[0, 0]:05d}"
    first, count = int(layout.first[0, 1]), int(layout.counts[0, 1])
    assert layout.stretch(first) == range(first, first + count)
    assert len(layout.names) == layout.counts.sum() == len(set(layout.names))


def test_domains_on_their_own_hold_what_was_planned(inputs, make_shards, tokenizer_file):
    config = {"formats": ["parquet", "mds", "megatron"], "tokenizer": tokenizer_file, "shard_mib": mib(inputs, 10)}
    shards = make_shards(inputs, layout="by-domain", **config)
    assert verify_shards(shards.path, manifest=shards.manifest, plan=inputs["plan"]).problems == []
    names = shard_files(shards, load_format("parquet"))
    assert len(names) > 10
    for name in names:
        domains = read_table(shards.file(name), ["domain"])["domain"].to_pylist()
        assert {f"data/d{domain:03d}" for domain in domains} <= {name.rpartition("/")[0]}
    assert all(shards.file(f"data/d{domain:03d}/index.json") for domain in range(3))
    mixed = make_shards(inputs, **config)
    assert read_json(shards.file("mixture.json")) == read_json(mixed.file("mixture.json"))
    rows = [sorted(rows_of(data)) for data in (shards, mixed)]
    assert rows[0] == rows[1]


def test_a_domain_of_one_document_read_again_is_refused_with_what_to_do(documents, plan_inputs, make_shards):
    every = documents(60)
    one = next(row for row, document in enumerate(every) if document["domain"] == 1)
    few = [document for row, document in enumerate(every) if row == one or document["domain"] != 1]
    budget = 2 * sum(document["n_tokens"] for document in few)
    share = 5 * every[one]["n_tokens"] / budget
    inputs = plan_inputs(few, budget_tokens=budget, max_epochs=9, weights=(0.8 - share, share, 0.2))
    assert make_shards(inputs).counts["documents"] == inputs["plan"].counts["copies"]
    message = r"5 copies of \w+ among the 5 rows of 1 documents in data/d001/train-00000-of-00001; .*layout=mixed"
    with pytest.raises(StageError, match=message):
        make_shards(inputs, layout="by-domain")


def rows_of(shards):
    tables = [read_table(shards.file(name), ["id", "copy"]) for name in shard_files(shards, load_format("parquet"))]
    return [(row["id"], row["copy"]) for table in tables for row in table.to_pylist()]


@pytest.mark.filterwarnings("ignore")
def test_one_domain_loads_alone(inputs, make_shards, tmp_path):
    import datasets

    shards = make_shards(inputs, layout="by-domain", shard_mib=mib(inputs, 10))
    whole, one = (
        datasets.load_dataset(str(shards.path), *name, cache_dir=str(tmp_path / "cache"), split="train")
        for name in ([], ["d001"])
    )
    assert whole.num_rows == shards.counts["documents"]
    assert set(one["domain"][:]) == {1}


PHASES = [{"name": "early", "share": 0.5}, {"name": "late", "share": 0.5, "mixture": {"domain-2": 1.0}}]


@pytest.mark.parametrize("name", ["mixed", "by-domain"])
def test_every_phase_has_shards_of_its_own_in_the_order_of_their_names(documents, plan_inputs, make_shards, name):
    inputs = plan_inputs(documents(600), cuts=[290], budget_tokens=4_000, phases=PHASES, max_epochs=20)
    shards = make_shards(inputs, layout=name, shard_mib=mib(inputs, 8))
    names, phases = (
        shard_files(shards, load_format("parquet")),
        read_json(inputs["plan"].file("mixture.json"))["phases"],
    )
    for number, phase in enumerate(phases, start=1):
        own = [path for path in names if path.startswith(f"data/phase-{number}/")]
        assert len(own) > 2
        held = pa.concat_tables([read_table(shards.file(path), ["domain", "n_tokens"]) for path in own])
        tokens = {row["id"]: row["planned_tokens"] for row in phase["domains"] if row["planned_tokens"]}
        found = held.group_by("domain").aggregate([("n_tokens", "sum")]).to_pylist()
        assert {f"d{row['domain']:03d}": row["n_tokens_sum"] for row in found} == tokens
    assert names == [entry["path"] for entry in read_json(shards.file("dataset.json"))["files"]]
    layout = shard_layout(name, mib(inputs, 8), inputs["plan"], inputs["domains"])
    assert [f"{shard}.parquet" for shard in layout.names] == names


def test_folders_of_many_phases_sort_as_they_are_read():
    assert phase_folders(1) == ["data"]
    assert phase_folders(12) == sorted(phase_folders(12))
