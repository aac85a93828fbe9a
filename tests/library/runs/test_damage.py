"""Every kind of damage to a finished run is found by `mixpipe verify`, which then ends with exit code 3."""

import shutil

import pytest
from typer.testing import CliRunner

from flows.cli import app
from mixpipe.store.files import read_json, write_json


def shards(run):
    return sorted((run.folder / "train" / "data").iterdir())


def rewrite(path, change):
    """Change a file's bytes without reaching what it is a link to."""
    content = change(bytearray(path.read_bytes()))
    path.unlink()
    path.write_bytes(content)


def flipped(content, at=0.5):
    content[int(at * len(content))] ^= 1
    return content


def swap_weights(path):
    record = read_json(path)
    first, second, *_ = record["phases"][0]["domains"]
    first["weight"], second["weight"] = second["weight"], first["weight"]
    write_json(path, record)


def swap_counts(path):
    record = read_json(path)
    first, second, *_ = record["domains"]
    first["written_tokens"], second["written_tokens"] = second["written_tokens"], first["written_tokens"]
    write_json(path, record)


DAMAGE = {
    "one flipped byte in a shard": lambda run: rewrite(shards(run)[0], flipped),
    "one flipped byte in a shard and in the store": lambda run: shards(run)[0].write_bytes(
        flipped(bytearray(shards(run)[0].read_bytes()))
    ),
    "a truncated shard": lambda run: rewrite(shards(run)[-1], lambda content: content[:-100]),
    "a missing shard": lambda run: shards(run)[1].unlink(),
    "an extra shard": lambda run: shutil.copy(shards(run)[0], shards(run)[0].with_name("train-00099-of-00100.parquet")),
    "two shards exchanged": lambda run: exchange(*shards(run)[:2]),
    "no training data": lambda run: shutil.rmtree(run.folder / "train"),
    "a swapped weight in train/mixture.json": lambda run: swap_weights(run.folder / "train" / "mixture.json"),
    "a swapped weight in the run's mixture.json": lambda run: swap_weights(run.folder / "mixture.json"),
    "a space more in the run's mixture.json": lambda run: rewrite(run.folder / "mixture.json", lambda c: c + b" "),
    "swapped counts in dataset.json": lambda run: swap_counts(run.folder / "train" / "dataset.json"),
    "no dataset.json": lambda run: (run.folder / "train" / "dataset.json").unlink(),
    "one flipped byte in the published manifest": lambda run: rewrite(run.folder / "train/manifest.json", flipped),
    "a sealed manifest that is no JSON": lambda run: (run.artefacts()["plan"].path / "manifest.json").write_text("{"),
    "no sealed manifest": lambda run: (run.artefacts()["shards"].path / "manifest.json").unlink(),
    "one flipped byte in the plan": lambda run: rewrite(next(run.artefacts()["plan"].path.glob("part-*")), flipped),
}


def exchange(one, other):
    aside = one.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


@pytest.fixture
def run(make_run, config):
    run = make_run(config)
    run.publish()
    return run


def verify(run):
    return CliRunner().invoke(app, ["verify", str(run.folder)])


def test_a_whole_run_is_as_planned(run):
    found = verify(run)
    assert found.exit_code == 0, found.output
    assert len(shards(run)) > 2
    assert found.output.splitlines()[-1] == "everything is as planned"


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_found(run, kind):
    DAMAGE[kind](run)
    found = verify(run)
    assert found.exit_code == 3, found.output
    assert "everything is as planned" not in found.output
