import json
from pathlib import Path

import pytest

from mixpipe.config import RunConfig, load_config
from mixpipe.errors import ConfigError

SMALLEST = """
ingest: {paths: [corpus]}
targets: {sets: {medicine: {path: held/medicine.jsonl}}}
budget_tokens: 1000
"""


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "run.yaml"
        path.write_text(text)
        return path

    return write


def test_only_corpus_targets_and_budget_are_needed(write):
    config = load_config(write(SMALLEST))
    assert config.plan.budget_tokens == config.search.budget_tokens == 1000
    assert config.ingest.paths == (str(write(SMALLEST).parent / "corpus"),)
    assert Path(config.targets.sets["medicine"].path).is_absolute()


def test_what_is_said_once_reaches_every_section(write):
    config = load_config(write(SMALLEST), ["seed=7", "max_epochs=2", "domains.seed=3"])
    assert (config.search.seed, config.shards.seed, config.domains.seed) == (7, 7, 3)
    assert config.plan.max_epochs == config.search.max_epochs == 2


def test_urls_stay_what_they_are_and_are_told_from_paths(write):
    config = load_config(
        write(SMALLEST),
        ["ingest.paths=[corpus, 's3://b/c/*.jsonl', 'hf:name']", "targets.sets={law: {path: 's3://b/law'}}"],
    )
    assert config.ingest.paths[1:] == ("s3://b/c/*.jsonl", "hf:name")
    assert config.remote_inputs() == {"s3://b/law": "targets.sets.law.path", "s3://b/c/*.jsonl": "ingest.paths"}


def test_a_config_survives_being_written_and_read(write):
    config = load_config(write(SMALLEST), ["search.rounds=[4,2]"])
    assert type(config).model_validate(config.model_dump(mode="json")) == config


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("search.roundz=3", r"unknown key roundz in search; did you mean search\.rounds\?"),
        ("search.max_tokens=3", r"unknown key max_tokens in search; did you mean embed\.max_tokens\?"),
        ("search.proxy.widht=3", r"unknown key widht in search\.proxy; did you mean search\.proxy\.width\?"),
        ("targets.sets.medicine.wieght=3", r"unknown key wieght in .*; did you mean targets\.sets\.medicine\.weight\?"),
        ("serach.rounds=[3]", r"unknown key serach in the top level; did you mean search\?"),
        (
            "shards.zzz=3",
            r"zzz in shards; its keys are end_token, formats, layout, seed, sequence_length, shard_mib, tokenizer",
        ),
        ("search.rounds=[4,0]", r"search\.rounds\.1: .*greater than or equal to 1.*0"),
        ("search.rounds=4,2", r"search\.rounds: expected a list in brackets, as \[a, b\], found '4,2'"),
        ("search.rounds=[-1]", r"search\.rounds\.0: .*greater than or equal to 1.*-1"),
        ("search.proxy.width=63", r"proxy\.heads: .*a divisor of search\.proxy\.width, which is 63, found 2"),
        ("search.proxy.heads=5", r"proxy\.heads: .*a divisor of search\.proxy\.width, which is 64, found 5"),
        ("search.proxy.width=5", r"proxy\.width: Input should be greater than or equal to 16, found 5"),
        ("domains.count=0", r"domains\.count"),
        ("plan.settings.strength=1.5", r"plan\.settings: .*strength of .* tilt: .*less than or equal to 1, found 1\.5"),
        ("plan.settings.strenth=1", r"plan\.settings: .*settings of the plan maker tilt among strength, found strenth"),
        ("plan.maker=tlit", r"plan\.maker: .*expected a plan maker among bands"),
        ("budget_tokens=-1", r"budget_tokens: Input should be greater than 0, found -1"),
        ("targets.sets={}", r"targets\.sets: Dictionary should have at least 1 item"),
        ("seed=abc", r"seed: Input should be a valid integer.*found 'abc'"),
        ("nonsense=3", r"unknown key nonsense in the top level; its keys are budget_tokens, domains,"),
        ("plan.phases=0", r"plan\.phases: Input should be greater than or equal to 1, found 0"),
        ("plan.phases={kind: aneal}", r"plan\.phases\.kind: Input should be 'two-phase' or 'annealing', found 'aneal'"),
        ("plan.phases=[{name: a, shar: 1}]", r"shar in plan\.phases\.0; did you mean plan\.phases\.0\.share\?"),
        (
            "plan.phases=[{name: a, share: 0.5}]",
            r"plan: expected phases .* sum to 1, found \['a'\], sum 0\.5; `mixpipe",
        ),
        (
            "domains.count=1",
            r"domains\.count: expected `auto` or a number of domains from 2 to 1024, found 1; `mixpipe",
        ),
        ("shards.formats=[]", r"shards\.formats: List should have at least 1 item"),
        ("search=3", r"search: expected keys and values, as \{key: value\}, found 3"),
        (
            "targets.labelled.positiv=good.jsonl",
            r"targets\.labelled\.positiv.*'positive' or 'negative', found 'positiv'",
        ),
        ("nothing", r"expected --set section\.key=value, found 'nothing'"),
        ("seed.x.y=1", r"expected a section at seed|seed"),
    ],
)
def test_a_bad_value_names_field_and_value(write, override, message):
    with pytest.raises(ConfigError, match=message):
        load_config(write(SMALLEST), [override])


def test_a_missing_section_is_named(write):
    with pytest.raises(ConfigError, match=r"targets\.sets: Field required"):
        load_config(write("ingest: {paths: [corpus]}\nbudget_tokens: 5\n"))


def test_files_that_a_command_names_lie_beside_the_configuration(write):
    path = write(SMALLEST)
    folder = path.parent
    for name in ("train.py", "small.yaml"):
        (folder / name).write_text("x")
    (folder / "trainer").mkdir()
    argv = ["python", "-m", "trainer", "train.py", "--config=small.yaml", "--to={out}", "n" * 5000, ""]
    config = load_config(path, [f"search.command.argv={argv}"])
    anchored = [str(folder / "train.py"), f"--config={folder / 'small.yaml'}"]
    assert list(config.search.command.argv) == [*argv[:3], *anchored, *argv[5:]]


def test_texts_given_to_scorers_lie_beside_the_configuration(write):
    path = write(SMALLEST)
    (path.parent / "search").mkdir()
    labelled = "targets.labelled={positive: {path: good.jsonl}, negative: {path: 's3://b/bad'}}"
    config = load_config(path, [labelled, "scores.trials=search"])
    assert config.targets.labelled["positive"].path == str(path.parent / "good.jsonl")
    assert config.remote_inputs()["s3://b/bad"] == "targets.labelled.negative.path"
    assert config.scores.trials == str(path.parent / "search")


def test_a_set_of_texts_may_be_its_path_alone(write):
    path = write(SMALLEST)
    short = [
        "targets.labelled={positive: good.jsonl}",
        "targets.protected.exam=exam.jsonl",
        "targets.sets.law=law.jsonl",
    ]
    long = [
        "targets.labelled.positive.path=good.jsonl",
        "targets.protected.exam.path=exam.jsonl",
        "targets.sets.law.path=law.jsonl",
    ]
    config = load_config(path, short)
    assert config == load_config(path, long)
    assert config.targets.protected["exam"].path == str(path.parent / "exam.jsonl")


def test_how_long_and_how_often_a_command_is_tried_decides_nothing(write):
    one, two = (
        load_config(write(SMALLEST), [f"search.command.minutes={n}", f"search.command.retries={n}"]) for n in (1, 2)
    )
    assert one.search != two.search and one.search.identity() == two.search.identity()


@pytest.mark.parametrize("text", ["[1, 2", "just text", "", "a: !!python/object:os.system {}"])
def test_what_is_no_configuration_is_refused(write, text):
    with pytest.raises(ConfigError):
        load_config(write(text))


def test_an_empty_file_is_said_to_be_so(write):
    with pytest.raises(ConfigError, match="found none, it is empty"):
        load_config(write("# nothing yet\n"))


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(ConfigError, match="mixpipe init"):
        load_config(tmp_path / "none.yaml")


def test_the_form_asks_only_for_what_has_no_default():
    schema = RunConfig.model_json_schema()
    assert schema["required"] == ["ingest", "targets", "budget_tokens"]
    assert "budget_tokens" not in schema["$defs"]["SearchConfig"]["required"]


def test_settings_of_a_plan_maker_may_lie_in_a_file_beside_the_configuration(write):
    path = write(SMALLEST)
    (path.parent / "curves.json").write_text('{"reach": 0.2}')
    config = load_config(path, ["plan.maker=quadmix", "plan.settings=curves.json"])
    assert config.plan.settings["reach"] == 0.2
    with pytest.raises(ConfigError, match=r"plan\.settings: .*nosuch\.json"):
        load_config(path, ["plan.maker=quadmix", "plan.settings=nosuch.json"])


def phased(tmp_path):
    phases = [("early", 0.75, {"law": 1.0, "mail": 0.0}), ("late", 0.25, {"mail": 1.0})]
    path = tmp_path / "phases.json"
    path.write_text(
        json.dumps(
            {
                "phases": [
                    {"name": name, "share": share, "domains": [{"name": n, "weight": w} for n, w in shares.items()]}
                    for name, share, shares in phases
                ]
            }
        )
    )
    return path


def test_a_given_mixture_goes_to_the_search_and_its_phases_to_the_plan(write, tmp_path):
    path = phased(tmp_path)
    for setting in ("mixture=phases.json", "search.mixture=phases.json", f"mixture={path}"):
        config = load_config(write(SMALLEST), [setting])
        assert config.search.mixture == str(path)
        assert [(phase.name, phase.share) for phase in config.plan.stretches] == [("early", 0.75), ("late", 0.25)]
        assert [phase.mixture for phase in config.plan.stretches] == [{"law": 1.0}, {"mail": 1.0}]
    (tmp_path / "plain.yaml").write_text("law: 0.5\nmail: 0.5\n")
    one = load_config(write(SMALLEST), ["mixture=plain.yaml", "plan.phases=2"])
    assert (one.search.mixture, len(one.plan.stretches)) == (str(tmp_path / "plain.yaml"), 2)


def test_phases_that_are_written_down_stay_though_the_file_changes(write, tmp_path):
    config = load_config(write(SMALLEST), [f"mixture={phased(tmp_path)}"])
    (tmp_path / "phases.json").write_text('{"law": 1.0}')
    again = load_config(write(config.model_dump_json()))
    assert again == config


def test_a_file_that_is_no_mixture_is_named(write, tmp_path):
    (tmp_path / "wrong.json").write_text('{"law": 0.7, "mail": 0.2}')
    with pytest.raises(ConfigError, match=r"sum to 1 in .*wrong\.json, found a sum of 0\.9"):
        load_config(write(SMALLEST), ["mixture=wrong.json"])


@pytest.mark.parametrize(
    ("reason", "step"),
    [("semantic-duplicate", "duplicates.semantic"), ("repeated-sentences", "scores.sentences")],
)
def test_a_reason_to_drop_is_looked_for(write, reason, step):
    asked = [f"scores.drop=[{reason}]"]
    assert load_config(write(SMALLEST), [*asked, f"{step}.enabled=true"]).scores.drop == (reason,)
    with pytest.raises(ConfigError, match=rf"{step}\.enabled=true for {reason} in scores\.drop"):
        load_config(write(SMALLEST), [*asked, f"{step}.enabled=false"])
