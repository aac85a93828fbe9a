import json
import re
import sys

import pytest

from flows.cli import main
from mixpipe.errors import ConfigError, InputError
from mixpipe.runs.export import Asked, export_blend
from mixpipe.runs.formats import registered_forms
from mixpipe.shards.exporters.protocol import Settings


@pytest.fixture
def run(tmp_path):
    def domain(number, name, weight, rows):
        tokens = int(weight * 1_000_000)
        counts = {"planned_tokens": tokens, "available_tokens": tokens // 2 + 1, "docs": rows, "copies": rows}
        return {"id": f"d{number:03d}", "name": name, "weight": weight, **counts}

    domains = [domain(0, "law", 0.75, 100), domain(1, "mail\x1b[31m", 0.25, 10_000), domain(2, "none", 0.0, 0)]
    record = {"schema": "mixpipe.mixture/1", "phases": [{"name": "main", "share": 1.0, "domains": domains}]}
    (tmp_path / "train").mkdir()
    (tmp_path / "mixture.json").write_text(json.dumps(record))
    return tmp_path


def called(monkeypatch, capfd, *arguments):
    monkeypatch.setattr(sys, "argv", ["mixpipe", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code or 0, *capfd.readouterr()


def test_files_are_written_where_asked_for(run, tmp_path):
    found = export_blend(run, "megatron", Settings(), Asked(out=tmp_path / "out"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(found.files)
    assert (tmp_path / "out/train.args").read_text() == found.files["train.args"]
    assert any("none" in note for note in found.notes)


def test_the_command_prints_files_shares_and_epochs(run, monkeypatch, capfd):
    code, out, _ = called(monkeypatch, capfd, "export", run, "--to", "hf", "--simulate")
    assert code == 0
    assert "==> load_mixture.py" in out
    assert "largest deviation" in out
    assert "law" in out and "\x1b" not in out


def test_the_command_prints_json_and_nothing_else(run, monkeypatch, capfd):
    code, out, _ = called(monkeypatch, capfd, "export", run, "--to", "mosaicml", "--simulate", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["unit"] == "documents"
    assert [domain["realised"] for domain in found["simulation"]["domains"]] == pytest.approx([0.75, 0.25])
    assert [domain["epochs"] for domain in found["simulation"]["domains"]] == pytest.approx([2, 2], rel=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--to", "tape"], "expected a trainer among"),
        (["--to", "hf", "--unit", "words"], "sequences or documents"),
        (["--to", "hf", "--unit", "sequences"], "expected --unit documents"),
        (["--to", "hf", "--phase", "late"], "'main'"),
        (["--to", "hf", "--check"], "found nothing at"),
        (["--to", "hf", "--check", "--prefix", "s3://bucket"], "local --prefix"),
    ],
)
def test_a_wrong_question_is_one_line_and_exit_code_2(run, monkeypatch, capfd, arguments, message):
    code, out, err = called(monkeypatch, capfd, "export", run, *arguments)
    assert code == 2
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_a_check_passes_when_every_domain_is_there(run):
    for name in ("d000", "d001"):
        (run / "train/data" / name).mkdir(parents=True)
        (run / "train/data" / name / "train-00000-of-00001.bin").touch()
    asked = Asked(check=True)
    assert export_blend(run, "megatron", Settings(), asked).files
    (run / "train/data/d001/train-00000-of-00001.bin").unlink()
    with pytest.raises(InputError, match="d001"):
        export_blend(run, "megatron", Settings(), asked)
    with pytest.raises(ConfigError):
        export_blend(run, "megatron", Settings(unit="documents"), asked)


def test_a_folder_without_files_of_the_form_that_is_read_is_refused(run):
    for name in ("d000", "d001"):
        (run / "train/data" / name).mkdir(parents=True)
        (run / "train/data" / name / "train-00000-of-00001.mds").touch()
    asked = Asked(check=True)
    assert export_blend(run, "mosaicml", Settings(), asked).files
    assert export_blend(run, "litdata", Settings(unit="documents"), asked).files
    for trainer in ("litdata", "nanotron", "torchtitan"):
        with pytest.raises(InputError, match=r"found nothing at .*d000"):
            export_blend(run, trainer, Settings(), asked)


def written_as(run, form):
    """Let the run's shards be by domain and in one format."""
    phases = [{"name": "main", "folder": "data", "domains": []}]
    dataset = {"layout": "by-domain", "formats": [form], "files": [], "domains": [], "phases": phases}
    (run / "train/dataset.json").write_text(json.dumps(dataset))


@pytest.mark.parametrize(
    ("trainer", "form", "place"),
    [
        ("levanter", "parquet", "{folder}/{id}/*.parquet"),
        ("hf", "jsonl", "{folder}/{id}/*.jsonl.zst"),
        ("levanter", "jsonl", None),
        ("hf", "parquet", None),
        ("torchtitan", "jsonl", None),
    ],
)
def test_shards_of_another_form_than_the_usual_one_are_noted_with_their_place(run, trainer, form, place):
    written_as(run, form)
    notes = [note for note in export_blend(run, trainer, Settings(), Asked()).notes if "the run's shards" in note]
    wanted = f"the run's shards are by-domain, {form}: export with --location '{place}'"
    assert notes == ([wanted] if place else [])
    settings = Settings(location=place)
    assert not [note for note in export_blend(run, trainer, settings, Asked()).notes if "the run's shards" in note]


def test_a_unit_that_is_read_from_a_form_that_the_run_lacks_is_noted_and_told_by_the_check(run):
    written_as(run, "mds")
    lacking = "the run's shards are by-domain, mds: run with --set shards.formats=[litdata]"
    assert lacking in export_blend(run, "litdata", Settings(), Asked()).notes
    assert lacking not in export_blend(run, "litdata", Settings(unit="documents"), Asked()).notes
    with pytest.raises(InputError, match=re.escape(lacking)):
        export_blend(run, "litdata", Settings(), Asked(check=True))


def test_formats_and_trainers_are_listed(monkeypatch, capfd):
    code, out, _ = called(monkeypatch, capfd, "formats", "--json")
    found = json.loads(out)
    assert code == 0
    assert found == registered_forms().as_json()
    assert found["exporters"]["hf"]["units"] == ["documents"]
    assert "parquet" in found["formats"]
    assert any(line.startswith("megatron-bridge") for line in registered_forms().lines())


def test_another_mixture_is_exported_and_what_it_repeats_is_said(run, tmp_path, monkeypatch, capfd):
    record = json.loads((run / "mixture.json").read_text())
    (run / "mixture.json").write_text(json.dumps({**record, "constraints": {"max_epochs": 4}}))
    (tmp_path / "other.yaml").write_text("law: 0.1\n'mail\\x1b[31m': 0.9\n".replace("'", '"'))
    arguments = ["export", run, "--to", "megatron", "--mixture", tmp_path / "other.yaml"]
    code, out, err = called(monkeypatch, capfd, *arguments, "--simulate", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert [domain["realised"] for domain in found["simulation"]["domains"]] == pytest.approx([0.1, 0.9], abs=0.01)
    assert any("is read 7.20 times, more than max_epochs, 4" in note for note in found["notes"])
    (tmp_path / "other.yaml").write_text("law: 0.5\nverse: 0.5\n")
    code, _, err = called(monkeypatch, capfd, "export", run, "--to", "axolotl", *arguments[4:])
    assert code == 2 and "expected a trainer that mixes for --mixture, found axolotl" in err
    code, _, err = called(monkeypatch, capfd, *arguments)
    assert code == 2
    assert "expected domains with documents in the shards" in err and "found verse" in err
