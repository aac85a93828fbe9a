import pytest

from mixpipe.scores.mc4 import MC4

LONG = "x" * 200


@pytest.mark.parametrize(
    ("lines", "count", "number"),
    [
        ([LONG] * 3, 3, 0),
        ([LONG] * 2, 2, 1),
        ([LONG, LONG, LONG[1:]], 2, 1),
        ([LONG, "short", "", f"  {LONG}", LONG + "x"], 3, 0),
        ([LONG, LONG, f"{LONG[1:]}  "], 2, 1),  # spaces at the ends are no part of a line
        ([], 0, 1),
    ],
)
def test_three_lines_of_two_hundred_characters(make_batch, lines, count, number):
    assert MC4({}).score(make_batch(["\n".join(lines)])).tolist() == [[count, number]]
