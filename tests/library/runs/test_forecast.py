import pytest

from mixpipe.config import RunConfig
from mixpipe.runs.forecast import forecast, proxy_parameters, trial_count
from mixpipe.runs.preflight import CorpusSize
from mixpipe.search.proxy import Proxy

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
        # 3 noise + 7 experts + 12 in rounds + 3 candidates x 2 seeds + winner and 4 controls x 3 seeds
        ({}, 3 + 7 + 12 + 6 + 15),
        ({"screen": False}, 3 + 12 + 6 + 15),
        ({"evaluator": "experts"}, 3 + 7 + 6 + 15),  # the rounds only mix the experts
        ({"evaluator": "ngram"}, 3 + 7 + 6 + 15),  # its rounds train nothing; the experts only screen
        ({"evaluator": "ngram", "screen": False}, 3 + 6 + 15),
        ({"evaluator": "merge", "screen": False}, 3 + 7 + 6 + 15),
        ({"evaluator": "command", "screen": False}, 3 + 12 + 6 + 15),
        ({"mixture": "mixture.json"}, 0),
    ],
)
def test_every_proxy_is_counted(search: dict[str, object], trials: int) -> None:
    assert trial_count(config_with(**search)) == trials


def test_the_search_takes_as_long_as_its_tokens() -> None:
    def minutes(**search: object) -> float:
        stages = {stage.stage: stage for stage in forecast(config_with(**search), CORPUS).stages}
        return stages["search"].minutes

    one = minutes(proxy={"tokens": 1_000_000}, final_scale=1, eval_tokens=256)
    assert minutes(proxy={"tokens": 2_000_000}, final_scale=1, eval_tokens=256) == pytest.approx(2 * one, rel=0.01)
    # 15 of 43 proxies train three times as long.
    assert minutes(proxy={"tokens": 1_000_000}, final_scale=3, eval_tokens=256) / one == pytest.approx(
        73 / 43, rel=0.01
    )
    assert minutes(proxy={"tokens": 1_000_000}, eval_tokens=100_000) > minutes(proxy={"tokens": 1_000_000})
    assert minutes(mixture="mixture.json") == 0


def test_no_proxy_is_longer_than_the_run() -> None:
    # The run has 10 million tokens.
    long, whole = ({"proxy": {"tokens": tokens}, "final_scale": 1} for tokens in (90_000_000, 10_000_000))
    assert forecast(config_with(**long), CORPUS).minutes == forecast(config_with(**whole), CORPUS).minutes


def test_parameters_are_those_of_the_proxy() -> None:
    config = config_with()
    true = Proxy(config.search.proxy, config.search.vocabulary or 0, seed=0).size
    assert proxy_parameters(config) == pytest.approx(true, rel=0.05)  # positions are not counted


def test_the_forecast_says_what_it_counted() -> None:
    found = forecast(config_with(), CORPUS)
    assert (found.domains, found.trials, found.workers) == ("7", 43, 2)
    assert found.minutes == pytest.approx(sum(stage.minutes for stage in found.stages))
    assert any("43 proxies" in line for line in found.lines())


def test_a_budget_that_the_caps_will_refuse_is_said_beforehand():
    def said(budget):
        sections = {"ingest": {"paths": ["x"]}, "targets": {"sets": {"t": {"path": "y"}}}, "budget_tokens": budget}
        corpus = CorpusSize(files=1, stored_bytes=34_000, text_bytes=34_000.0, documents=10.0, is_counted=True)
        return "\n".join(forecast(RunConfig.model_validate(sections), corpus).lines())

    assert "a run will refuse this" in said(50_000)
    assert "a run will refuse this" not in said(30_000)
