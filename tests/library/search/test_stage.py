import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mixpipe.search.config import SearchConfig
from mixpipe.search.stage import SEARCH, search_steps
from mixpipe.search.stop_rule import Outlook, stopped
from mixpipe.search.trials import trials_from_table
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import Job, finish_step, open_stage, run_part, run_parts
from mixpipe.store.files import read_arrays, read_table
from mixpipe.store.seal import seal
from mixpipe.tables import TRIALS

# Runs a search in another process and says when each part is done.
CHILD = """
import runpy, sys
from pathlib import Path
from mixpipe.search.config import SearchConfig
from mixpipe.search.stage import SEARCH
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import finish_step, open_stage, run_part
root, config, *inputs = sys.argv[1:]
upstream = {Path(path).parent.name: Artefact.load(Path(path)) for path in inputs}
job = open_stage(Path(root), SEARCH, SearchConfig.model_validate_json(config), upstream)
for step in job.steps:
    for part in job.pending(step, job.plan(step)):
        run_part(job, step, part)
        print(step.name, flush=True)
    finish_step(job, step)
"""


def found(root: Path, config: SearchConfig, upstream: dict[str, Artefact]) -> Artefact:
    """Run a whole search in this process, its proxies together where that is asked for."""
    job = open_stage(root, SEARCH, config, upstream)
    assert isinstance(job, Job)
    for step in job.steps:
        pending, most = job.pending(step, job.plan(step)), step.together.size() if step.together else 1
        for start in range(0, len(pending), most):
            run_parts(job, step, pending[start : start + most])
        finish_step(job, step)
    return seal(job)


def sealed_files(artefact: Artefact) -> dict[str, str]:
    return {entry.name: entry.sha256 for entry in artefact.manifest.files}


def test_steps_follow_the_config(tiny: SearchConfig) -> None:
    names = [step.name for step in search_steps(tiny)]
    assert names == ["survey", "pools", "noise", "experts", "round-1", "round-2", "finalists", "final"]
    without = [step.name for step in search_steps(tiny.model_copy(update={"screen": False}))]
    assert set(names) - set(without) == {"experts"}
    mixing = [step.name for step in search_steps(tiny.model_copy(update={"screen": False, "evaluator": "experts"}))]
    assert mixing == names
    counting = [step.name for step in search_steps(tiny.model_copy(update={"screen": False, "evaluator": "ngram"}))]
    assert counting == without


def test_every_trial_is_in_the_table(searched: Artefact) -> None:
    table = read_table(searched.file("trials.parquet"))
    assert table.schema.equals(TRIALS)
    trials = trials_from_table(table)
    assert len(trials) == searched.counts["trials"]
    assert {trial.status for trial in trials} == {"ok"}
    assert all(trial.mixture.sum() == 1 for trial in trials)


def test_only_what_gains_by_it_is_run_together(tiny: SearchConfig) -> None:
    def together(config: SearchConfig) -> set[str]:
        return {step.name for step in search_steps(config) if step.together}

    judged = {"noise", "experts", "finalists", "final"}
    assert together(tiny) == {*judged, "round-1", "round-2"}
    assert together(tiny.model_copy(update={"evaluator": "merge"})) == judged
    assert together(tiny.model_copy(update={"evaluator": "command"})) == {"experts"}


def test_proxies_trained_together_are_the_same_trials(
    tmp_path: Path, upstream: dict[str, Artefact], tiny: SearchConfig
) -> None:
    def of(together: int) -> Artefact:
        proxy = tiny.proxy.model_copy(update={"dtype": "float32", "checkpoints": 1, "together": together})
        return found(tmp_path / str(together), tiny.model_copy(update={"proxy": proxy}), upstream)

    alone, three = of(1), of(3)
    assert [one.manifest.provenance["together"] for one in (alone, three)] == [1, 3]
    assert (three.fingerprint, three.counts) == (alone.fingerprint, alone.counts)
    parts = [[(part.name, part.identity, part.counts) for part in one.manifest.parts] for one in (alone, three)]
    assert parts[0] == parts[1]
    for other, trial in zip(
        *(trials_from_table(read_table(a.file("trials.parquet"))) for a in (three, alone)), strict=True
    ):
        assert (other.trial, other.status, other.model_size) == (trial.trial, trial.status, trial.model_size)
        assert other.target_losses == pytest.approx(trial.target_losses, abs=1e-3)
        assert other.domain_losses == pytest.approx(trial.domain_losses, abs=1e-3)
        for one, two in zip(other.trajectory, trial.trajectory, strict=True):
            assert one.tokens == two.tokens
            assert one.target_losses == pytest.approx(two.target_losses, abs=1e-3)
    for name in alone.names("experts-*.npz"):
        one, two = (read_arrays(artefact.file(name)) for artefact in (alone, three))
        assert list(one) == list(two)
        assert all(np.allclose(one[key], two[key], atol=1e-3) for key in one)


def test_the_pools_are_not_kept(searched: Artefact) -> None:
    kept = sealed_files(searched)
    assert not [name for name in kept if name.startswith(("survey-", "pool-", "pools.npz", "held_out"))]
    assert "targets.npz" in kept


def test_killed_while_training_and_resumed_it_ends_with_the_same_bytes(
    tmp_path: Path, searched: Artefact, upstream: dict[str, Artefact], tiny: SearchConfig
) -> None:
    inputs = [str(artefact.path) for artefact in upstream.values()]
    command = [sys.executable, "-c", CHILD, str(tmp_path), tiny.model_dump_json(), *inputs]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if line.strip() == "round-1":  # one of four is done, the next is being trained
                child.send_signal(signal.SIGKILL)
                break
    assert child.returncode == -signal.SIGKILL
    job = open_stage(tmp_path, SEARCH, tiny, upstream)
    assert isinstance(job, Job)
    redone = []
    for step in job.steps:
        for part in reversed(job.pending(step, job.plan(step))):
            run_part(job, step, part)
            redone.append(part.name)
        finish_step(job, step)
    assert not [
        name for name in redone if name.startswith(("survey", "pool", "noise", "experts", "round-1-random-000"))
    ]
    assert sealed_files(seal(job)) == sealed_files(searched)


def test_another_method_takes_over_equal_trials(
    searched: Artefact, upstream: dict[str, Artefact], tiny: SearchConfig
) -> None:
    root = searched.path.parents[2]
    job = open_stage(root, SEARCH, tiny.model_copy(update={"method": "regmix"}), upstream)
    assert isinstance(job, Job)
    taken = {}
    for step in job.steps[:4]:
        parts = job.plan(step)
        pending = job.pending(step, parts)
        taken[step.name] = len(parts) - len(pending)
        for part in pending:
            run_part(job, step, part)
        finish_step(job, step)
    assert taken == {"survey": 0, "pools": 0, "noise": 2, "experts": 3}


@pytest.mark.parametrize(
    "changes",
    [
        {"evaluator": "experts"},
        {"evaluator": "ngram", "objective": "worst"},
        {"evaluator": "merge", "objective": "rank"},
        {"method": "natural", "screen": False},
    ],
)
def test_other_searches_end_with_a_verdict(
    tmp_path: Path, upstream: dict[str, Artefact], tiny: SearchConfig, changes: dict[str, object]
) -> None:
    config = tiny.model_copy(update={**changes, "proxy": tiny.proxy.model_copy(update={"tokens": 1000})})
    artefact = found(tmp_path, config, upstream)
    weights = json.loads(artefact.file("mixture.json").read_text())["weights"]
    assert np.sum(weights) == 1


# What five random mixtures already have the best of, and what they have not.
@pytest.mark.parametrize(("worth", "trials"), [("share", [5, 0, 0]), ("shares[2] + 2 * shares[1]", [5, 2, 0])])
def test_rounds_are_skipped_when_the_gain_foreseen_is_below_the_noise(
    tmp_path: Path, upstream: dict[str, Artefact], tiny: SearchConfig, worth: str, trials: list[int]
) -> None:
    (tmp_path / "trainer.py").write_text(TRAINER.replace("3 - share", f"3 - ({worth})"))
    asked = {"argv": (sys.executable, "-S", str(tmp_path / "trainer.py"))}
    changes = {"evaluator": "command", "screen": False, "command": tiny.command.model_copy(update=asked)}
    search = {"method": "bayesian", "surrogate": "linear", "noise_seeds": 3, "rounds": (5, 2, 2), "stop_early": True}
    artefact = found(tmp_path, tiny.model_copy(update={**changes, **search}), upstream)
    record = json.loads(artefact.file("search.json").read_text())
    judged = [Outlook(**judged) for judged in record["outlooks"]]
    assert [look.stops for look in judged] == [False] * (len(judged) - 1) + [True]
    assert [look.gain < look.floor for look in judged] == [look.stops for look in judged]
    assert [len(done["trials"]) for done in record["rounds"]] == trials
    assert stopped(artefact.path) == judged[-1]
    assert stopped(artefact.path, before=len(judged)) is None  # looked at again, it plans the rounds that it has run


# Bits per byte that fall with a domain's share, the last target's twice as much.
TRAINER = """
import json
asked = json.load(open("mixture.json"))
shares = [asked["weights"][str(asked["domains"].index(target["name"]))] for target in asked["targets"]]
losses = {t["name"]: 3 - share + asked["seed"] % 7 / 1000 for t, share in zip(asked["targets"], shares)}
json.dump({"losses": {**losses, "runes": 2 * losses["runes"]}, "model_size": 5}, open(asked["out"], "w"))
"""


def test_a_search_by_the_users_trainer_has_its_losses_and_knows_its_script(
    tmp_path: Path, upstream: dict[str, Artefact], tiny: SearchConfig
) -> None:
    (tmp_path / "trainer.py").write_text(TRAINER)
    command = tiny.command.model_copy(update={"argv": (sys.executable, "-S", str(tmp_path / "trainer.py"))})
    config = tiny.model_copy(update={"evaluator": "command", "screen": False, "command": command})
    artefact = found(tmp_path, config, upstream)
    trials = trials_from_table(read_table(artefact.file("trials.parquet")))
    assert {(trial.status, trial.model_size) for trial in trials} == {("ok", 5)}
    for trial in trials:
        assert trial.target_losses["runes"] == pytest.approx(2 * (3 - trial.mixture[2] + trial.seed % 7 / 1000))
    (tmp_path / "trainer.py").write_text(TRAINER + "# changed")
    again = open_stage(tmp_path, SEARCH, config, upstream)
    assert isinstance(again, Job) and again.fingerprint != artefact.manifest.fingerprint
