import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mixpipe.errors import ConfigError
from mixpipe.shards.formats import load_format
from mixpipe.store.files import read_json, read_table
from mixpipe.tables import SHARDS as SHARDS_SCHEMA
from mixpipe.tables import scores_schema
from mixpipe.tokenizer import load_tokenizer, vocabulary_size

SMALL = 0.02  # MiB in a shard: a handful of shards from a few hundred documents


def read_shards(artefact):
    return [row for name in artefact.names("data/*.parquet") for row in read_table(artefact.file(name)).to_pylist()]


def vocabulary(tokenizer_file):
    return vocabulary_size(load_tokenizer(tokenizer_file))


def planned_copies(inputs):
    plan = inputs["plan"]
    rows = [row for name in plan.names() for row in read_table(plan.file(name)).to_pylist()]
    return Counter({row["id"]: row["copies"] for row in rows if row["copies"]})


@pytest.fixture
def inputs(documents, plan_inputs):
    return plan_inputs(documents(300), cuts=[70, 150], budget_tokens=16_000)


def test_the_shards_are_a_permutation_of_the_planned_copies(inputs, make_shards):
    shards = make_shards(inputs, shard_mib=SMALL)
    rows = read_shards(shards)
    assert len(shards.names("data/*")) == shards.counts["shards"] > 3
    assert Counter(row["id"] for row in rows) == planned_copies(inputs)
    assert {(row["id"], row["copy"]) for row in rows} == {
        (name, copy) for name, copies in planned_copies(inputs).items() for copy in range(copies)
    }
    assert all(row["domain_name"] == f"domain-{row['domain']}" for row in rows)


def test_every_row_carries_its_documents_columns(inputs, make_shards, documents):
    known = {document["id"]: document for document in documents(300)}
    for row in read_shards(make_shards(inputs, shard_mib=SMALL)):
        document = known[row["id"]]
        for column in ("text", "domain", "source", "n_tokens", "meta"):
            assert row[column] == document[column]
        assert row["quality"] == pytest.approx(document["quality"])


def test_the_licences_tier_goes_into_every_format_and_is_counted(
    inputs, make_shards, seal_tables, tmp_path, formats_at_once
):
    """Two tiers of three: those of every third document are not free."""
    schema = scores_schema(["quality", "licence_tier"])
    tables = {name: read_table(inputs["scores"].file(name)).to_pylist() for name in inputs["scores"].names()}
    for number, row in enumerate(row for rows in tables.values() for row in rows):
        row["licence_tier"] = 3.0 if number % 3 == 0 else 1.0
    tiers = {row["id"]: row["licence_tier"] for rows in tables.values() for row in rows}
    parts = {name.removesuffix(".parquet"): (schema, rows) for name, rows in tables.items()}
    scores = seal_tables(tmp_path, "scores", parts, {})
    shards = make_shards({**inputs, "scores": scores}, shard_mib=SMALL, formats=formats_at_once)
    for form in map(load_format, formats_at_once):
        found = [form.read(shards.file(n), ["id", "licence_tier"]) for n in shards.names(f"data/*{form.suffix}")]
        rows = [row for table in found for row in table.to_pylist()]
        assert rows and all(row["licence_tier"] == tiers[row["id"]] for row in rows)
    counts = {tier["tier"]: tier["rows"] for tier in read_json(shards.file("dataset.json"))["licence_tiers"]}
    assert counts == Counter(tiers[row["id"]] for row in read_shards(shards))
    plain = make_shards(inputs, shard_mib=SMALL)
    assert {row["licence_tier"] for row in read_shards(plain)} == {None}
    assert read_json(plain.file("dataset.json"))["licence_tiers"] == []


def test_copies_of_a_document_are_never_neighbours_and_lie_apart(inputs, make_shards):
    ids = [row["id"] for row in read_shards(make_shards(inputs, shard_mib=SMALL))]
    assert all(a != b for a, b in pairwise(ids))
    places = {}
    for place, name in enumerate(ids):
        places.setdefault(name, []).append(place)
    twice = [found for found in places.values() if len(found) == 2]
    gaps = [(later - sooner) / len(ids) for sooner, later in twice]
    assert min(gaps) > 0.4
    assert max(gaps) < 0.6


def test_domains_are_mixed_everywhere(inputs, make_shards):
    rows = read_shards(make_shards(inputs, shard_mib=SMALL))
    half = len(rows) // 2
    first, second = (Counter(row["domain"] for row in part) for part in (rows[:half], rows[half:]))
    for domain in range(3):
        assert first[domain] == pytest.approx(second[domain], rel=0.3)


def test_one_part_and_many_parts_give_the_same_shards(documents, plan_inputs, make_shards):
    corpus = documents(200)
    one = make_shards(plan_inputs(corpus, budget_tokens=8_000), shard_mib=SMALL)
    many = make_shards(plan_inputs(corpus, cuts=[1, 30, 31, 120, 199], budget_tokens=8_000), shard_mib=SMALL)
    digests = [[shards.digest(name) for name in shards.names("data/*")] for shards in (one, many)]
    assert digests[0] == digests[1]


def test_any_order_of_parts_gives_the_same_files(tmp_path, inputs, make_shards):
    forwards = make_shards(inputs, shard_mib=SMALL, root=tmp_path / "a")
    backwards = make_shards(inputs, shard_mib=SMALL, root=tmp_path / "b", backwards=True)
    assert forwards.manifest.files == backwards.manifest.files


def test_another_seed_gives_another_order_of_the_same_rows(inputs, make_shards):
    orders = [[row["id"] for row in read_shards(make_shards(inputs, shard_mib=SMALL, seed=seed))] for seed in (0, 1)]
    assert orders[0] != orders[1]
    assert Counter(orders[0]) == Counter(orders[1])


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 100), share=st.floats(0.05, 0.95))
def test_kept_duplicates_are_kept_apart(plan_inputs, make_shards, documents, document, seed, share):
    same = [document("again and again", 0, tokens=20, duplicate=i > 0) for i in range(40)]
    inputs = plan_inputs([*documents(200, seed, 1), *same], cuts=[100, 210], weights=[1.0], budget_tokens=5_000)
    ids = [row["id"] for row in read_shards(make_shards(inputs, shard_mib=SMALL * share + 0.01))]
    assert all(a != b for a, b in pairwise(ids))


def test_a_document_larger_than_a_shard_leaves_empty_shards(document, plan_inputs, make_shards):
    corpus = [document(f"{i} " + "x" * 60_000, 0, tokens=100) for i in range(3)]
    shards = make_shards(plan_inputs(corpus, weights=[1.0], budget_tokens=300), shard_mib=0.01)
    rows = [read_table(shards.file(name)).num_rows for name in shards.names("data/*")]
    assert sum(rows) == 3
    assert 0 in rows


def test_records_hold_what_was_written(inputs, make_shards):
    shards = make_shards(inputs, shard_mib=SMALL)
    dataset, mixture = (read_json(shards.file(name)) for name in ("dataset.json", "mixture.json"))
    tables = {name: read_table(shards.file(name)) for name in shards.names("data/*")}
    assert all(table.schema.equals(SHARDS_SCHEMA) for table in tables.values())
    assert [(f["path"], f["rows"]) for f in dataset["files"]] == [(n, t.num_rows) for n, t in tables.items()]
    total = sum(sum(table["n_tokens"].to_pylist()) for table in tables.values())
    assert dataset["splits"]["train"]["tokens"] == total == shards.counts["tokens"]
    weights = [domain["weight"] for domain in mixture["phases"][0]["domains"]]
    assert sum(weights) == pytest.approx(1.0, abs=1e-12)
    assert weights == pytest.approx([0.5, 0.3, 0.2], abs=0.02)
    assert dataset["mixture_digest"] == mixture["digest"]


def test_an_unknown_format_is_refused_before_any_work(inputs, make_shards):
    with pytest.raises(ConfigError, match=r"expected a format among .*parquet"):
        make_shards(inputs, formats=["csv"])
    with pytest.raises(ConfigError, match=r"expected a format of tokens .* found parquet"):
        make_shards(inputs, sequence_length=128)


def test_every_format_in_one_pass_holds_the_same_rows_in_the_same_order(
    inputs, make_shards, tokenizer_file, formats_at_once
):
    shards = make_shards(inputs, shard_mib=SMALL, formats=formats_at_once, tokenizer=tokenizer_file)
    alone = make_shards(inputs, shard_mib=SMALL)
    assert {name: shards.digest(name) for name in alone.names("data/*")} == {
        name: alone.digest(name) for name in alone.names("data/*")
    }
    rows = [(row["id"], row["copy"]) for row in read_shards(alone)]
    for form in map(load_format, formats_at_once):
        tables = [form.read(shards.file(name), ["id", "copy"]) for name in shards.names(f"data/*{form.suffix}")]
        assert [(row["id"], row["copy"]) for table in tables for row in table.to_pylist()] == rows
    assert shards.file("tokenizer.json").read_text() == Path(tokenizer_file).read_text()
    dataset = read_json(shards.file("dataset.json"))
    assert dataset["formats"] == formats_at_once
    assert len(dataset["files"]) == len(formats_at_once) * dataset["splits"]["train"]["shards"]
    assert dataset["encoding"] == {"end": 0, "sequence_length": None, "vocabulary": vocabulary(tokenizer_file)}
    by_file = [entry["encoded_tokens"] for entry in dataset["files"] if entry["path"].endswith(".bin")]
    assert sum(by_file) == sum(domain["encoded_tokens"] for domain in dataset["domains"])
    assert sum(by_file) * 2 == sum(shards.file(name).stat().st_size for name in shards.names("data/*.bin"))


def test_without_a_tokenizer_of_its_own_it_is_ingests(inputs, make_shards):
    shards = make_shards(inputs, formats=["datatrove", "olmo"], sequence_length=100)
    assert json.loads(shards.file("tokenizer.json").read_text()) == read_json(inputs["ingest"].file("tokenizer.json"))
    dataset = read_json(shards.file("dataset.json"))
    assert dataset["encoding"]["sequence_length"] == 100
    assert all(entry["encoded_tokens"] % 100 == 0 for entry in dataset["files"])


def test_a_tokenizer_is_known_by_its_content(inputs, make_shards, tokenizer_file, tmp_path):
    (tmp_path / "tokenizer.json").write_text(Path(tokenizer_file).read_text())
    same = [make_shards(inputs, formats=["olmo"], tokenizer=place) for place in (tokenizer_file, str(tmp_path))]
    assert same[0].fingerprint == same[1].fingerprint
    other = json.loads(Path(tokenizer_file).read_text()) | {"decoder": None}
    (tmp_path / "tokenizer.json").write_text(json.dumps(other))
    assert make_shards(inputs, formats=["olmo"], tokenizer=str(tmp_path)).fingerprint != same[0].fingerprint


def test_what_is_wrong_with_a_tokenizer_is_said_before_any_work(inputs, make_shards, tokenizer_file, tmp_path):
    damaged = tmp_path / "damaged.json"
    damaged.write_text(Path(tokenizer_file).read_text()[:-100])
    for tokenizer, end, message in (
        (tokenizer_file, "</s>", r"expected the token </s> in the tokenizer, found none .* set `end_token`"),
        (str(damaged), None, r"expected a tokenizer\.json of `tokenizers` in .*damaged\.json"),
        (str(tmp_path / "none"), None, r"expected a tokenizer\.json file, .* found '.*none'"),
    ):
        with pytest.raises(ConfigError, match=message):
            make_shards(inputs, formats=["olmo"], tokenizer=tokenizer, end_token=end)
        assert not list(tmp_path.rglob("scatter-*"))


@pytest.mark.parametrize("formats", [["parquet"], ["megatron", "olmo", "mds", "parquet", "jsonl"]])
@pytest.mark.filterwarnings("ignore")
def test_the_folder_loads_with_datasets(inputs, make_shards, tmp_path, tokenizer_file, formats):
    import datasets

    tokenizer = tokenizer_file if "olmo" in formats else None
    shards = make_shards(inputs, shard_mib=SMALL, formats=formats, tokenizer=tokenizer)
    loaded = datasets.load_dataset(str(shards.path), cache_dir=str(tmp_path / "cache"))
    assert list(loaded) == ["train"]
    assert loaded["train"]["id"][:] == [row["id"] for row in read_shards(shards)]
    assert loaded["train"].features["quality"].dtype == "float32"


@pytest.mark.filterwarnings("ignore")
def test_of_tokens_alone_datasets_loads_the_documents(inputs, make_shards, tmp_path, tokenizer_file):
    import datasets

    shards = make_shards(inputs, shard_mib=SMALL, formats=["megatron"], tokenizer=tokenizer_file)
    loaded = datasets.load_dataset(str(shards.path), cache_dir=str(tmp_path / "cache"), split="train")
    assert loaded.num_rows == shards.counts["documents"]
    assert "n_encoded" in loaded.column_names
