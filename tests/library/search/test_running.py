import sys
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mixpipe.search.rounds import observed
from mixpipe.search.running import Asked, proxy_data, read_trials, run_trial, run_trials, trial_part
from mixpipe.search.survey import SURVEY, pool_tokens
from mixpipe.search.trials import usable
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_json
from mixpipe.store.stage import Context

MIXTURE = np.array([0.5, 0.25, 0.25])


def with_rate(context: Context, learning_rate: float) -> Context:
    """The same pools under another learning rate."""
    proxy = context.config.proxy.model_copy(update={"learning_rate": learning_rate})
    return Context(context.config.model_copy(update={"proxy": proxy}), context.inputs, context.out)


def test_identity_is_what_decides_the_losses_and_nothing_else(prepared: Context) -> None:
    def identity(step: str = "noise", arm: str = "natural", seed: int = 1, tokens: int = 3000) -> object:
        return trial_part(prepared, step, 0, Asked(arm, MIXTURE, tokens, seed), "transformer").identity

    assert identity() == identity(step="final", arm="winner")
    assert identity() != identity(seed=2)
    assert identity() != identity(tokens=3100)


def test_what_experts_were_trained_on_is_no_part_of_a_proxy(prepared: Context) -> None:
    def tokens_of_experts(evaluator: str) -> object:
        return trial_part(prepared, "noise", 0, Asked("a", MIXTURE, 3000, 1), evaluator).identity["expert_tokens"]

    assert tokens_of_experts("transformer") is None
    assert tokens_of_experts("experts") == 3000


def test_a_command_and_the_names_it_sees_are_part_of_its_trials_alone(prepared: Context) -> None:
    def identity(evaluator: str, command: str) -> Mapping[str, object]:
        context = replace(prepared, outside={"command": [command]})
        return trial_part(context, "noise", 0, Asked("a", MIXTURE, 3000, 1), evaluator).identity

    assert identity("transformer", "one") == identity("transformer", "two")
    assert identity("command", "one") != identity("command", "two")
    assert identity("command", "one")["names"] == [("prose", "ledger", "runes"), ["ledger", "prose", "runes"]]


def test_a_trial_reads_back_as_it_was_measured(prepared: Context) -> None:
    part = trial_part(prepared, "one", 0, Asked("top-mean", MIXTURE, 2000, 5), "transformer")
    counts = run_trial(prepared, part)
    (trial,) = read_trials(prepared, ["one"])
    assert counts == {"trials": 1, "trained_tokens": trial.tokens}
    assert (trial.method, trial.round, trial.seed, trial.status) == ("top-mean", "one", 5, "ok")
    np.testing.assert_array_equal(trial.mixture, MIXTURE)
    assert trial.tokens == 2048  # whole steps of 4 sequences of 32
    assert set(trial.target_losses) == {"prose", "ledger", "runes"}
    assert all(0.5 < loss < 8 for loss in trial.target_losses.values())
    assert usable([trial]) == [trial]


def test_equal_parts_give_equal_bytes(prepared: Context) -> None:
    found = []
    for step in ("twice", "again"):
        part = trial_part(prepared, step, 0, Asked("natural", MIXTURE, 2000, 5), "transformer")
        run_trial(prepared, part)
        found.append((prepared.out / f"{part.name}.json").read_bytes())
    assert found[0] == found[1]


def test_a_diverged_trial_has_a_status_and_no_losses(prepared: Context) -> None:
    wild = with_rate(prepared, float("inf"))
    asked = Asked("natural", MIXTURE, 2000, 5)
    sane = trial_part(prepared, "wild", 0, asked, "transformer")
    run_trial(wild, sane)
    assert read_json(prepared.out / f"{sane.name}.json")["target_losses"] == [None] * 3
    (trial,) = read_trials(prepared, ["wild"])
    assert trial.status == "diverged: its loss stopped being a number"
    assert np.isnan(list(trial.target_losses.values())).all()
    assert usable([trial]) == []


def test_trials_of_any_kind_may_be_run_at_once(prepared: Context) -> None:
    asked = [(2000, "transformer"), (1000, "ngram"), (1000, "transformer"), (2000, "transformer")]
    parts = [
        trial_part(prepared, "many", number, Asked("natural", MIXTURE, tokens, number), evaluator)
        for number, (tokens, evaluator) in enumerate(asked)
    ]
    counts = run_trials(prepared, parts)
    found = [read_json(prepared.out / f"{part.name}.json") for part in parts]
    for part, one, count in zip(parts, found, counts, strict=True):
        assert run_trial(prepared, part) == count
        alone = read_json(prepared.out / f"{part.name}.json")
        assert {**one, "target_losses": None, "domain_losses": None} == {
            **alone,
            "target_losses": None,
            "domain_losses": None,
        }
        np.testing.assert_allclose(one["target_losses"], alone["target_losses"], rtol=1e-2)  # bfloat16 has 8 bits


def test_of_trials_run_at_once_the_one_that_fails_has_a_status(prepared: Context) -> None:
    trainer = """
import json
asked = json.load(open("mixture.json"))
assert asked["seed"] != 2
json.dump({"losses": {"prose": 1, "ledger": 2, "runes": 3}}, open(asked["out"], "w"))
"""
    command = prepared.config.command.model_copy(update={"argv": (sys.executable, "-S", "-c", trainer), "retries": 0})
    context = replace(prepared, config=prepared.config.model_copy(update={"command": command}), outside={})
    parts = [trial_part(context, "some", n, Asked("natural", MIXTURE, 1000, n), "command") for n in (1, 2, 3)]
    assert [count["trials"] for count in run_trials(context, parts)] == [1, 1, 1]
    one, two, three = read_trials(context, ["some"])
    assert (one.status, three.status) == ("ok", "ok") and two.status != "ok"
    assert usable([one, two, three]) == [one, three]


def test_a_shorter_trial_reads_the_beginning_of_each_pool(prepared: Context) -> None:
    long, short = proxy_data(prepared, 4000), proxy_data(prepared, 2000)
    available = np.array(read_json(prepared.out / SURVEY)["available"])
    lengths = pool_tokens(available, 2000, prepared.config)
    for whole, part, length in zip(long.pools, short.pools, lengths, strict=True):
        assert len(part) == length
        np.testing.assert_array_equal(whole[: len(part)], part)


def test_a_matching_mixture_is_best_on_its_target(prepared: Context) -> None:
    losses = []
    for domain in range(3):
        part = trial_part(prepared, "alone", domain, Asked("alone", np.eye(3)[domain], 4000, 5), "transformer")
        run_trial(prepared, part)
    for trial in read_trials(prepared, ["alone"]):
        losses.append([trial.target_losses[name] for name in ("prose", "ledger", "runes")])
    np.testing.assert_array_equal(np.argmin(losses, axis=0), [0, 1, 2])


def test_the_steps_come_in_order(searched: Artefact, prepared: Context) -> None:
    context = Context(prepared.config, prepared.inputs, searched.path)
    rounds = [trial.round for trial in observed(context, 2)]
    # A method sees one seed; the others of the natural mixture only tell the noise.
    assert rounds == ["noise"] + ["round-1"] * 4 + ["round-2"] * 2
    assert {trial.seed for trial in observed(context, 2)} == {0}
