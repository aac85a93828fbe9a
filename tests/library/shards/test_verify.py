import json
import shutil

import pyarrow as pa
import pytest

from mixpipe.errors import InputError, StoreError
from mixpipe.shards.formats import load_format
from mixpipe.shards.verify import verify_run, verify_shards
from mixpipe.store.files import read_json, read_table, write_json


@pytest.fixture
def inputs(documents, plan_inputs):
    return plan_inputs(documents(120), budget_tokens=6_000)


@pytest.fixture
def sealed(inputs, make_shards):
    return make_shards(inputs, shard_mib=0.01)


@pytest.fixture
def folder(tmp_path, sealed):
    """A copy of the training data as a run publishes it: with the manifest."""
    return shutil.copytree(sealed.path, tmp_path / "train")


def flip(path, at=100):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def rewrite(folder, name, change):
    """Rewrite a shard as a faulty writer would have, and seal it again: only recounting can find it."""
    form, path = load_format("parquet"), folder / name
    form.write(path, [change(form.read(path))])
    reseal(folder, name)


def reseal(folder, name):
    from mixpipe.store.fingerprint import file_digest

    manifest = read_json(folder / "manifest.json")
    entry = next(file for file in manifest["files"] if file["name"] == name)
    entry.update(bytes=(folder / name).stat().st_size, sha256=file_digest(folder / name))
    write_json(folder / "manifest.json", manifest)


def test_untouched_data_is_as_planned_with_and_without_the_store(folder, sealed, inputs):
    alone = verify_shards(folder)
    full = verify_shards(folder, manifest=sealed.manifest, plan=inputs["plan"])
    assert alone.problems == full.problems == []
    assert full.documents == inputs["plan"].counts["copies"]
    assert full.tokens == inputs["plan"].counts["tokens"]
    assert sum(full.shares.values()) == pytest.approx(1.0)
    assert full.as_json()["ok"] is True
    assert full.lines()[-1] == "everything is as planned"


def test_one_flipped_byte_is_found(folder, sealed):
    name = sealed.names("data/*")[1]
    flip(folder / name)
    for manifest in (None, sealed.manifest):
        assert verify_shards(folder, manifest=manifest).problems == [
            f"{name}: changed since it was sealed (SHA-256 differs)"
        ]


def test_every_format_is_verified_and_one_flipped_byte_in_any_of_its_files_is_found(
    inputs, make_shards, tokenizer_file, formats_at_once
):
    sealed = make_shards(inputs, shard_mib=0.02, formats=formats_at_once, tokenizer=tokenizer_file)
    found = verify_shards(sealed.path, manifest=sealed.manifest, plan=inputs["plan"])
    assert found.problems == []
    assert (found.documents, found.tokens) == (inputs["plan"].counts["copies"], inputs["plan"].counts["tokens"])
    for name in sealed.names("data/train-00000*"):
        whole = (sealed.path / name).read_bytes()
        flip(sealed.path / name, len(whole) // 2)
        assert verify_shards(sealed.path, plan=inputs["plan"]).problems == [
            f"{name}: changed since it was sealed (SHA-256 differs)"
        ]
        (sealed.path / name).write_bytes(whole)


def test_tokens_that_a_faulty_writer_sealed_are_found_without_the_plan(inputs, make_shards, tokenizer_file, tmp_path):
    config = {"formats": ["megatron"], "tokenizer": tokenizer_file, "sequence_length": 64}
    sealed = make_shards(inputs, shard_mib=0.01, **config)
    folder = shutil.copytree(sealed.path, tmp_path / "train")
    assert verify_shards(folder).problems == []
    names = sealed.names("data/*.bin")
    (folder / names[0]).write_bytes((folder / names[0]).read_bytes()[:-2])
    flip(folder / names[1].replace(".bin", ".idx"))
    for name in (names[0], names[1].replace(".bin", ".idx")):
        reseal(folder, name)
    problems = verify_shards(folder).problems
    assert any(line.startswith(f"{names[0]}: expected ") for line in problems)
    assert f"{names[1]}: .idx is not the index of these documents" in problems


def test_a_missing_and_an_extra_shard_are_found(folder, sealed):
    first, second = sealed.names("data/*")[:2]
    shutil.move(folder / first, folder / "data/train-00099-of-00100.parquet")
    (folder / second).unlink()
    problems = verify_shards(folder, manifest=sealed.manifest).problems
    assert f"{first}: missing" in problems
    assert f"{second}: missing" in problems
    assert "data/train-00099-of-00100.parquet: not in the manifest" in problems


def test_a_swapped_weight_is_found_and_named(folder, sealed, inputs):
    record = read_json(folder / "mixture.json")
    domains = record["phases"][0]["domains"]
    domains[0]["weight"], domains[1]["weight"] = domains[1]["weight"], domains[0]["weight"]
    write_json(folder / "mixture.json", record)
    problems = verify_shards(folder, manifest=sealed.manifest, plan=inputs["plan"]).problems
    assert "mixture.json: changed since it was sealed (SHA-256 differs)" in problems
    assert any(line.startswith("mixture.json: the weight of d000 is 0.3") for line in problems)
    assert "mixture.json: its digest is not that of its content" in problems


def test_the_runs_own_mixture_is_compared_too(tmp_path, folder, sealed, inputs):
    run_dir = folder.parent
    record = read_json(folder / "mixture.json")
    write_json(run_dir / "mixture.json", record)
    artefacts = {**inputs, "shards": sealed}
    assert verify_run(run_dir, artefacts).problems == []
    record["phases"][0]["domains"][0]["weight"] = 0.25
    write_json(run_dir / "mixture.json", record)
    problems = verify_run(run_dir, artefacts).problems
    assert any("/mixture.json: the weight of d000 is 0.25" in line for line in problems)
    (run_dir / "mixture.json").unlink()
    assert any("/mixture.json: missing" in line for line in verify_run(run_dir, artefacts).problems)
    with pytest.raises(InputError, match="expected finished shards"):
        verify_run(run_dir, inputs)


def test_a_document_written_twice_is_found_against_the_plan(folder, sealed, inputs):
    name = sealed.names("data/*")[0]

    def replace_first(table):
        return pa.concat_tables([table.slice(5, 1), table.slice(1)])

    rewrite(folder, name, replace_first)
    problems = verify_shards(folder, plan=inputs["plan"]).problems
    assert any(line.startswith(f"{name}: first_id is") for line in problems)
    assert any(line.startswith("data: document ") and "planned" in line for line in problems)


def test_a_changed_text_is_found_without_the_plan(folder, sealed):
    name = sealed.names("data/*")[0]
    rewrite(folder, name, lambda table: table.set_column(1, table.schema.field(1), pa.array(["x"] * table.num_rows)))
    assert any("rows is not that of their id" in line for line in verify_shards(folder).problems)


def test_neighbouring_repeats_are_found(folder, sealed):
    name = sealed.names("data/*")[0]
    rewrite(folder, name, lambda table: pa.concat_tables([table.slice(0, 1), table.slice(0, 1), table.slice(2)]))
    assert any("documents follow themselves, first at row 1" in line for line in verify_shards(folder).problems)


def test_tokens_moved_between_domains_are_found(folder, sealed):
    record = read_json(folder / "dataset.json")
    record["domains"][0]["written_tokens"] += 1
    write_json(folder / "dataset.json", record)
    reseal(folder, "dataset.json")
    assert any(line.startswith("dataset.json: d000 has") for line in verify_shards(folder).problems)


def test_a_manifest_that_is_not_the_sealed_one_is_found(folder, sealed):
    name = sealed.names("data/*")[0]
    flip(folder / name)
    reseal(folder, name)
    problems = verify_shards(folder, manifest=sealed.manifest).problems
    assert "manifest.json: is not the sealed one" in problems


def spread_over(path):
    """Return places in a file, its ends among them."""
    size = path.stat().st_size
    return sorted({0, size - 1, *range(0, size, max(size // 8, 1))})


@pytest.mark.parametrize("name", ["dataset.json", "mixture.json", "README.md", "manifest.json"])
def test_one_flipped_byte_anywhere_in_a_record_is_a_problem_and_never_an_error(folder, sealed, inputs, name):
    whole = (folder / name).read_bytes()
    for at in spread_over(folder / name):
        flip(folder / name, at)
        problems = verify_shards(folder, manifest=sealed.manifest, plan=inputs["plan"]).problems
        assert any(line.startswith(f"{name}: ") for line in problems), at
        (folder / name).write_bytes(whole)


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("dataset.json", '"parquet"', '"qarquet"'),
        ("dataset.json", '"id": "d000"', '"id": "e000"'),
        ("mixture.json", '"weight": 0.', '"weight": NaN, "w": 0.'),
        ("mixture.json", '"name": "domain-0"', '"name": NaN'),
    ],
)
def test_records_that_say_the_impossible_are_problems_too(folder, sealed, name, before, after):
    text = (folder / name).read_text()
    assert before in text
    (folder / name).write_text(text.replace(before, after))
    assert any(line.startswith(f"{name}: unreadable") for line in verify_shards(folder).problems)


@pytest.mark.parametrize("keep", [0, 1, 0.5])
def test_a_truncated_or_emptied_shard_is_found(folder, sealed, keep):
    path = folder / sealed.names("data/*")[0]
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if keep < 1 else -1])
    assert [line for line in verify_shards(folder).problems if path.name in line]


def test_a_missing_manifest_beside_the_shards_is_found(folder, sealed):
    (folder / "manifest.json").unlink()
    assert verify_shards(folder, manifest=sealed.manifest).problems == ["manifest.json: missing"]


def test_a_damaged_plan_is_said_and_the_shards_are_not_blamed_for_it(folder, sealed, inputs):
    part = inputs["plan"].path / inputs["plan"].names()[0]
    flip(part)
    problems = verify_shards(folder, manifest=sealed.manifest, plan=inputs["plan"]).problems
    assert problems == [f"plan: {part.name}: changed since it was sealed (SHA-256 differs)"]
    part.unlink()
    assert verify_shards(folder, plan=inputs["plan"]).problems == [f"plan: {part.name}: missing"]


def test_unreadable_records_are_named(folder):
    (folder / "dataset.json").write_text(json.dumps({"formats": ["parquet"]}))
    assert any(line.startswith("dataset.json: unreadable") for line in verify_shards(folder).problems)
    (folder / "manifest.json").write_text("{}")
    with pytest.raises(StoreError, match="Manifest"):
        verify_shards(folder)


@pytest.mark.parametrize("redraw", [False, True])
def test_shards_of_several_phases_are_as_planned(plan_inputs, make_shards, documents, redraw):
    phases = [{"name": "early", "share": 0.5}, {"name": "late", "share": 0.5, "mixture": {"domain-2": 1.0}}]
    config = {"budget_tokens": 4_000, "phases": phases, "redraw": redraw, "max_epochs": 20}
    inputs = plan_inputs(documents(600), cuts=(290,), **config)
    sealed = make_shards(inputs, shard_mib=0.004)
    found = verify_shards(sealed.path, manifest=sealed.manifest, plan=inputs["plan"])
    assert found.problems == []
    planned = read_json(inputs["plan"].file("mixture.json"))["phases"]
    assert found.phases == {
        phase["name"]: tuple(sum(row[key] for row in phase["domains"]) for key in ("copies", "planned_tokens"))
        for phase in planned
    }
    late = [read_table(path, ["domain"])["domain"].to_pylist() for path in sealed.path.glob("data/phase-2/*.parquet")]
    assert {domain for domains in late for domain in domains} == {2}


def test_copies_moved_to_another_phase_are_found(plan_inputs, make_shards, documents, tmp_path):
    phases = [{"name": "early", "share": 0.5}, {"name": "late", "share": 0.5}]
    inputs = plan_inputs(documents(400), budget_tokens=4_000, phases=phases)
    sealed = make_shards(inputs)
    folder = shutil.copytree(sealed.path, tmp_path / "train")
    assert verify_shards(folder, plan=inputs["plan"]).problems == []
    first, second = (f"data/phase-{number}/train-00000-of-00001.parquet" for number in (1, 2))
    for one, other in ((first, second), (second, first)):
        shutil.copy(sealed.file(one), folder / other)
        reseal(folder, other)
    problems = verify_shards(folder, plan=inputs["plan"]).problems
    assert any(line.startswith("dataset.json, phase early: d000 has") for line in problems)
    assert any(line.startswith("mixture.json, phase late: the weight of d000") for line in problems)
    assert any("in phase 1, planned" in line for line in problems)
