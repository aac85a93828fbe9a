import pytest

from mixpipe.config import RunConfig
from mixpipe.runs.forecast import expected_trials, forecast, proxy_parameters
from mixpipe.runs.preflight import CorpusSize
from mixpipe.search.proxy import Proxies
from mixpipe.search.tally import Tally
from mixpipe.stages import STAGES

CORPUS = CorpusSize(files=2, stored_bytes=1 << 20, text_bytes=float(10 << 20), documents=5000.0, is_counted=True)


def config_with(**search: object) -> RunConfig:
    return RunConfig.model_validate(
        {
            "ingest": {"paths": ["corpus"]},
            "targets": {"sets": {"code": {"path": "code.jsonl"}, "prose": {"path": "prose.jsonl"}}},
            "budget_tokens": 10_000_000,
            "domains": {"count": 7},
            "engine": {"workers": 2},
            "search": {"rounds": [8, 4], "noise_seeds": 3, "finalist_seeds": 2, "final_seeds": 3, **search},
        }
    )


@pytest.mark.parametrize(
    ("search", "trials"),
    [
        # 3 noise + 12 in rounds + 3 candidates x 2 seeds + winner and 4 controls x 3 seeds; an expert per domain
        ({}, Tally(3 + 12 + 6 + 15, 7)),
        ({"screen": False}, Tally(3 + 12 + 6 + 15, 0)),
        ({"evaluator": "experts"}, Tally(3 + 6 + 15, 7, mixed=12)),
        ({"evaluator": "ngram"}, Tally(3 + 6 + 15, 7, mixed=12)),  # the experts only screen
        ({"evaluator": "ngram", "screen": False}, Tally(3 + 6 + 15, 0, mixed=12)),
        ({"evaluator": "merge", "screen": False}, Tally(3 + 6 + 15, 7, mixed=12)),
        ({"evaluator": "command", "screen": False}, Tally(3 + 12 + 6 + 15, 0)),
        ({"mixture": "mixture.json"}, Tally(0, 0)),
    ],
)
def test_every_proxy_is_counted(search: dict[str, object], trials: Tally) -> None:
    assert expected_trials(config_with(**search)) == trials


def test_the_search_takes_as_long_as_its_tokens() -> None:
    def minutes(**search: object) -> float:
        stages = {stage.stage: stage for stage in forecast(config_with(**search), CORPUS).stages}
        return stages["search"].minutes - given

    given = 0.0
    given = minutes(mixture="mixture.json")  # what reading the corpus takes

    one = minutes(proxy={"tokens": 1_000_000}, final_scale=1, eval_tokens=256)
    assert minutes(proxy={"tokens": 2_000_000}, final_scale=1, eval_tokens=256) == pytest.approx(2 * one, rel=0.01)
    # 15 of 43 proxies train three times as long.
    assert minutes(proxy={"tokens": 1_000_000}, final_scale=3, eval_tokens=256) / one == pytest.approx(
        73 / 43, rel=0.01
    )
    assert minutes(proxy={"tokens": 1_000_000}, eval_tokens=100_000) > minutes(proxy={"tokens": 1_000_000})
    assert given > 0


def test_no_proxy_is_longer_than_the_run() -> None:
    # The run has 10 million tokens.
    long, whole = ({"proxy": {"tokens": tokens}, "final_scale": 1} for tokens in (90_000_000, 10_000_000))
    assert forecast(config_with(**long), CORPUS).minutes == forecast(config_with(**whole), CORPUS).minutes


def test_parameters_are_those_of_the_proxy() -> None:
    config = config_with()
    true = Proxies(config.search.proxy, config.search.vocabulary or 0, [0]).size
    assert proxy_parameters(config) == pytest.approx(true, rel=0.05)  # positions are not counted


def test_the_forecast_says_what_it_counted() -> None:
    found = forecast(config_with(), CORPUS)
    assert (found.domains, found.trials, found.workers) == ("7", Tally(36, 7), 2)
    assert [stage.stage for stage in found.stages] == ["start", *STAGES]
    assert found.minutes == pytest.approx(sum(stage.minutes for stage in found.stages))
    assert "trials     at most 36 proxies and 7 experts" in found.lines()


def test_the_speed_of_another_program_is_not_foreseen() -> None:
    command = forecast(config_with(evaluator="command"), CORPUS)
    own = forecast(config_with(), CORPUS)
    assert command.trials == own.trials
    assert command.minutes < own.minutes
    assert "search.command" in command.lines()[-1]
    assert "search.command" not in own.lines()[-1]


def test_a_given_model_takes_time_that_is_not_foretold(causal_model):
    base = config_with()
    given = base.model_copy(update={"scores": base.scores.model_copy(update={"reference": str(causal_model())})})
    assert "scores.reference" in forecast(given, CORPUS).lines()[-1]
    assert not forecast(base, CORPUS).notes


def test_a_local_run_has_one_process_however_many_cores_there_are() -> None:
    config = config_with()
    local = config.model_copy(update={"engine": config.engine.model_copy(update={"kind": "local", "workers": None})})
    found = forecast(local, CORPUS)
    assert found.workers == 1
    assert found.minutes > forecast(config, CORPUS).minutes


def test_a_run_over_next_to_nothing_still_costs_its_start() -> None:
    tiny = CorpusSize(files=1, stored_bytes=1000, text_bytes=1000.0, documents=10.0, is_counted=True)
    assert 0.5 < forecast(config_with(mixture="mixture.json"), tiny).minutes < 2


def test_the_static_encoder_pays_its_distillation_once_and_bfloat16_shortens_it() -> None:
    def minutes(**options: bool) -> float:
        config = config_with()
        static = config.model_copy(update={"embed": config.embed.model_copy(update={"encoder": "static"})})
        return next(s.minutes for s in forecast(static, CORPUS, **options).stages if s.stage == "embed")

    assert 1 < minutes(bfloat16=False) < 2
    assert minutes(bfloat16=True) < minutes(bfloat16=False)


def test_a_budget_that_the_caps_will_refuse_is_said_beforehand():
    def said(budget):
        sections = {"ingest": {"paths": ["x"]}, "targets": {"sets": {"t": {"path": "y"}}}, "budget_tokens": budget}
        corpus = CorpusSize(files=1, stored_bytes=34_000, text_bytes=34_000.0, documents=10.0, is_counted=True)
        return "\n".join(forecast(RunConfig.model_validate(sections), corpus).lines())

    assert "a run will refuse this" in said(50_000)
    assert "a run will refuse this" not in said(30_000)


def test_formats_take_their_own_disk_and_tokens_take_their_time():
    def shards(*formats):
        config = config_with()
        config = config.model_copy(update={"shards": config.shards.model_copy(update={"formats": formats})})
        return next(stage for stage in forecast(config, CORPUS).stages if stage.stage == "shards")

    assert shards("parquet", "mds").disk_mib == pytest.approx(3.5 * shards("parquet").disk_mib)
    assert shards("parquet", "mds").minutes == shards("parquet").minutes
    assert shards("megatron").minutes > 2 * shards("parquet").minutes
