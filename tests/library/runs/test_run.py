import pytest

from mixpipe.config import load_config
from mixpipe.errors import ConfigError, InputError, StoreError
from mixpipe.runs.run import Run, built_seconds, load_artefacts, read_run
from mixpipe.store.files import read_json


def test_a_run_begins_with_its_configuration_and_an_empty_record(config, tmp_path):
    run = Run(config=config, root=tmp_path, name="toy")
    run.begin()
    assert load_config(run.folder / "config.yaml") == config
    assert run.record().stages == {}
    assert run.artefacts() == {}


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden"])
def test_a_name_that_is_no_folder_is_refused(config, tmp_path, name):
    with pytest.raises(ConfigError, match="plain folder name"):
        Run(config=config, root=tmp_path, name=name).begin()


def test_artefacts_are_found_from_the_run_in_the_order_of_the_stages(make_run, config, upstream_of):
    run = make_run(config)
    assert list(run.artefacts()) == ["ingest", "embed", "domains", "scores", "search", "plan", "shards"]
    assert run.artefacts()["scores"] == upstream_of["scores"]
    assert run.record().seconds["plan"] == 1.5


def test_what_building_took_outlives_a_second_run(make_run, config):
    run = make_run(config)
    plan = run.artefacts()["plan"]
    run.begin()
    run.add("plan", plan, 0.01, built=False)
    assert run.record().stages == {"plan": plan.fingerprint}
    assert run.record().built[plan.fingerprint] == 1.5
    assert built_seconds(run.root)[plan.fingerprint] == 1.5
    (run.folder / "run.json").write_text("{")
    run.begin()
    assert run.record().built == {}


def test_work_is_added_up(make_run, config):
    run = make_run(config, until="search")
    run.add_work("plan", 1.0)
    run.add_work("plan", 0.5)
    assert run.record().working == {"plan": 1.5}


def test_published_shards_are_links_and_their_records_copies(make_run, config):
    run = make_run(config)
    train, shards = run.publish(), run.artefacts()["shards"]
    for name in shards.names("data/*"):
        assert (train / name).samefile(shards.path / name)
    for name in ("mixture.json", "manifest.json", "README.md", "dataset.json"):
        assert (train / name).read_bytes() == (shards.path / name).read_bytes()
        assert not (train / name).samefile(shards.path / name)


def test_editing_a_published_record_does_not_reach_the_store_and_publishing_repairs_it(make_run, config):
    run = make_run(config)
    run.publish()
    shards = run.artefacts()["shards"]
    for path in (run.folder / "mixture.json", run.folder / "train" / "mixture.json"):
        path.write_text("{}")
    assert shards.damage() == []
    run.publish()
    assert read_json(run.folder / "mixture.json") == read_json(shards.file("mixture.json"))


@pytest.mark.parametrize("content", ["{", '{"stages": 3}', '{"surprise": 1}'])
def test_a_damaged_record_is_a_store_error(make_run, config, content):
    run = make_run(config, until="search")
    (run.folder / "run.json").write_text(content)
    with pytest.raises(StoreError, match=r"run\.json"):
        read_run(run.folder)


def test_what_is_no_run_says_what_a_run_is(tmp_path):
    with pytest.raises(InputError, match="<root>/runs/<name>"):
        load_artefacts(tmp_path)
