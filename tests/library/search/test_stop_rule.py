from pathlib import Path

import numpy as np
import pytest

from mixpipe.search.methods.protocol import Candidate, Recommendation
from mixpipe.search.noise import Noise, NoiseFloor
from mixpipe.search.stop_rule import outlook, outlooks, stopped
from mixpipe.store.files import write_json

HALF = np.ones(2) / 2


def recommended(**foreseen: float | None) -> Recommendation:
    return Recommendation(HALF, {}, tuple(Candidate(name, HALF, value, None) for name, value in foreseen.items()))


def floor(sd: float, degrees: int = 2) -> NoiseFloor:
    return NoiseFloor({}, Noise(sd, None, None), degrees)


@pytest.mark.parametrize(("best", "stops"), [(-1.0, False), (-0.41, False), (-0.39, True), (0.0, True)])
def test_two_deviations_of_the_noise_are_the_mark(best: float, stops: bool) -> None:
    found = outlook("round-1", recommended(predicted=best, measured=0.0), floor(0.2))
    assert (found.gain, found.floor, found.stops) == (pytest.approx(-best), pytest.approx(0.4), stops)


def test_the_best_of_all_candidates_is_what_is_foreseen() -> None:
    assert outlook("round-1", recommended(predicted=0.5, measured=0.0, mean=-0.3), None).gain == pytest.approx(0.3)
    assert outlook("round-1", recommended(predicted=0.5, measured=0.0), None).gain == 0


@pytest.mark.parametrize(
    ("found", "noise"),
    [
        (recommended(predicted=0.0, measured=0.0), None),
        (recommended(predicted=0.0, measured=0.0), floor(1.0, degrees=1)),
        (recommended(measured=None), floor(1.0)),
        (recommended(), floor(1.0)),
    ],
)
def test_without_a_figure_the_search_goes_on(found: Recommendation, noise: NoiseFloor | None) -> None:
    assert not outlook("round-1", found, noise).stops


def test_a_search_without_noise_goes_on_while_it_gains() -> None:
    assert not outlook("round-1", recommended(predicted=0.0, measured=0.0), floor(0.0)).stops


def test_a_round_is_stopped_by_those_before_it(tmp_path: Path) -> None:
    judged = [outlook(f"round-{n}", recommended(predicted=-1.0 / n, measured=0.0), floor(0.2)) for n in (1, 3)]
    for number, found in enumerate([judged[0], judged[1], None], start=1):
        write_json(tmp_path / f"round-{number}.json", {"outlook": found and found.record()})
    assert outlooks(tmp_path) == judged
    assert [stopped(tmp_path, before=number) for number in (1, 2, 3)] == [None, None, judged[1]]
    assert stopped(tmp_path) == judged[1]
    assert outlooks(tmp_path / "elsewhere") == []
