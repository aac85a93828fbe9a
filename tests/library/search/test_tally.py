import pytest

from mixpipe.search.tally import Tally, tally

STEPS = ["survey", "pools", "noise", "noise", "experts", "round-1", "round-1", "round-2", "finalists", "final"]


def test_parts_are_counted_by_what_they_train():
    assert tally(STEPS, "transformer") == Tally(proxies=7, experts=1)
    assert tally(STEPS, "experts") == Tally(proxies=4, experts=1, mixed=3)
    assert tally([], "transformer") == Tally(0, 0)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Tally(35, 5), "35 proxies and 5 experts"),
        (Tally(1, 1), "1 proxy and 1 expert"),
        (Tally(1_200, 0), "1,200 proxies"),
        (Tally(24, 7, 12), "24 proxies and 7 experts and 12 mixed trials"),
    ],
)
def test_a_tally_is_said_in_words(found, said):
    assert str(found) == said
