"""Recorded runs as an evaluator."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixpipe.errors import ConfigError
from mixpipe.search.config import SearchConfig
from mixpipe.search.evaluators import evaluator_identity
from mixpipe.search.evaluators.protocol import ProxyData
from mixpipe.search.evaluators.replay import Replay

HEAD = "run_id,w:ledger,w:prose,w:runes/../x,y:verse,y:code,y:law,y:unused"
ROWS = [
    "a,0.5,0.25,0.25,1.0,2.0,3.0,9",
    "b,0.5,0.25,0.25,1.2,2.2,3.2,9",
    "c,0.25,0.5,0.25,1.5,,3.5,9",
    "d,0,0,1,2,2.5,4,9",
    "e,0,1,0,2.5,3,4.5,9",
    "f,1,0,0,2.2,3.3,4.4,9",
]


def recorded(data: ProxyData, tmp_path: Path, *lines: str) -> ProxyData:
    path = tmp_path / "runs.csv"
    path.write_text("\n".join(lines))
    return replace(data, recorded=str(path))


def test_a_recorded_mixture_has_the_mean_of_its_runs_by_name(data: ProxyData, tmp_path: Path) -> None:
    found = Replay().measure(recorded(data, tmp_path, HEAD, *ROWS), np.array([0.25, 0.5, 0.25]), tokens=9, seed=0)
    assert found.target_losses == pytest.approx([2.1, 3.1, 1.1])
    assert found.status == "ok"


def test_a_target_that_a_run_lacks_takes_nothing_from_the_others(data: ProxyData, tmp_path: Path) -> None:
    table = recorded(data, tmp_path, HEAD, *ROWS, "g,0,0,1,4,,5,9")
    found = dict(
        zip(
            data.target_names,
            Replay().measure(table, np.array([0.5, 0.25, 0.25]), tokens=9, seed=0).target_losses,
            strict=True,
        )
    )
    assert (found["verse"], found["law"]) == (1.5, 3.5)  # code alone is foreseen
    assert 2 <= found["code"] <= 3.3
    twice = Replay().measure(table, np.array([0, 0, 1.0]), tokens=9, seed=0).target_losses
    assert sorted(twice) == pytest.approx([2.5, 3, 4.5])  # two runs, of which one has code


def test_what_was_not_recorded_is_foreseen(data: ProxyData, tmp_path: Path) -> None:
    table = recorded(data, tmp_path, HEAD, *ROWS)
    for mixture in (np.array([0.5, 0.25, 0.25]), np.array([0.4, 0.3, 0.3])):  # one loss missing; another mixture
        assert np.isfinite(Replay().measure(table, mixture, tokens=9, seed=0).target_losses).all()


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (HEAD.replace("w:ledger", "w:other"), r"expected the columns w:prose, w:ledger.*none of w:ledger"),
        (HEAD.replace("y:law", "y:other"), "none of y:law"),
    ],
)
def test_a_table_of_other_domains_or_targets_is_refused(
    data: ProxyData, tmp_path: Path, head: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        Replay().measure(recorded(data, tmp_path, head, *ROWS), np.array([1.0, 0, 0]), tokens=9, seed=0)


def test_the_table_is_known_by_its_content(tmp_path: Path) -> None:
    def identity(path: Path | None) -> object:
        return evaluator_identity(
            SearchConfig(budget_tokens=9, evaluator="replay", recorded=None if path is None else str(path))
        )

    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text(HEAD)
    assert identity(tmp_path / "one.csv") == identity(tmp_path / "two.csv")
    (tmp_path / "two.csv").write_text(HEAD + "\n" + ROWS[0])
    assert identity(tmp_path / "one.csv") != identity(tmp_path / "two.csv")
    with pytest.raises(ConfigError, match="found none named"):
        identity(None)
    with pytest.raises(ConfigError, match=r"expected a table, found .*three\.csv: No such file"):
        identity(tmp_path / "three.csv")
