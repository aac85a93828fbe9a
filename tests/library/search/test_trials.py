from dataclasses import replace

import numpy as np

from mixpipe.mixture.simplex import snap
from mixpipe.search.trials import (
    Checkpoint,
    Trial,
    losses,
    mixtures,
    refused,
    trials_from_table,
    trials_table,
    tried,
    usable,
)
from mixpipe.tables import TRIALS


def trial(name: str, losses: dict[str, float], status: str = "ok") -> Trial:
    mixture = snap(np.array([0.3, 0.7]))
    return Trial(name, "climb", "round-1", mixture, 10, 20, 3, losses, {"0": 1.5}, status)


TRIALS_MADE = [
    trial("a", {"x": 1.0, "y": 2.0}),
    trial("b", {"x": 1.0, "y": float("nan")}),
    trial("c", {}, "killed after 60 s"),
    replace(trial("d", {}), trajectory=(Checkpoint(5, {"x": 3.0}),)),
]


def test_failed_and_diverged_trials_are_left_out_with_their_reason() -> None:
    assert [t.trial for t in usable(TRIALS_MADE)] == ["a"]
    assert refused(TRIALS_MADE) == {
        "b": "loss is not finite on y",
        "c": "killed after 60 s",
        "d": "no target was measured",
    }


def test_trials_survive_a_table() -> None:
    table = trials_table(TRIALS_MADE)
    assert table.schema == TRIALS
    back = trials_from_table(table)
    assert str(trials_table(back).to_pylist()) == str(table.to_pylist())  # as text: NaN is not equal to itself
    assert (back[0].mixture == TRIALS_MADE[0].mixture).all()
    assert back[0].target_losses == {"x": 1.0, "y": 2.0}
    assert np.isnan(back[1].target_losses["y"])
    assert back[3].trajectory[0].target_losses == {"x": 3.0}
    assert trials_from_table(trials_table([])) == []


def test_arrays_have_a_row_per_trial_and_a_column_per_target() -> None:
    assert losses(TRIALS_MADE[:1], ("y", "x", "z"))[0, :2].tolist() == [2.0, 1.0]
    assert np.isnan(losses(TRIALS_MADE[:1], ("z",))).all()
    assert mixtures(TRIALS_MADE, 2).shape == (4, 2)
    assert mixtures([], 2).shape == losses([], ("x", "y")).shape == (0, 2)
    assert len(tried(TRIALS_MADE)) == 1
