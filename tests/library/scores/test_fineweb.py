import pytest

from mixpipe.scores.fineweb import FineWeb

OPEN = "a line of more than thirty characters {} without an end"
CLOSED = "a line of more than thirty characters {} with an end."


def scored(make_batch, text):
    fineweb = FineWeb({})
    values = dict(zip(fineweb.columns, fineweb.score(make_batch([text]))[0].tolist(), strict=True))
    number = int(values["fineweb_rule"])
    return values, fineweb.rules[number - 1].name if number else None


def lines(closed, opened, *more):
    return "\n".join([*(CLOSED.format(n) for n in range(closed)), *(OPEN.format(n) for n in range(opened)), *more])


@pytest.mark.parametrize(
    ("rule", "allowed", "dropped"),
    [
        ("line-punctuation", lines(12, 88), lines(11, 89)),
        (
            "short-lines",
            lines(33, 0, *(f"number {n} two three four." for n in range(67))),
            lines(32, 0, *(f"number {n} two three four." for n in range(68))),
        ),
        ("duplicate-line-characters", lines(100, 0, "twice.", "twice."), lines(10, 0, "twice, yes.", "twice, yes.")),
        ("newlines", "\n".join(["one two three four five six seven."] * 1) + "\n" * 2, "one two three.\n\n"),
    ],
)
def test_both_sides_of_a_limit(make_batch, rule, allowed, dropped):
    assert scored(make_batch, allowed)[1] != rule
    values, fired = scored(make_batch, dropped)
    assert fired == rule or (rule == "newlines" and values["fineweb_newlines"] > 0.3)


def test_thirty_characters_are_short(make_batch):
    assert scored(make_batch, "x" * 30)[0]["fineweb_short_lines"] == 1
    assert scored(make_batch, "x" * 31)[0]["fineweb_short_lines"] == 0


def test_newlines_are_left_out_of_the_characters(make_batch):
    values, _ = scored(make_batch, "x\ny\nx\nx")
    assert values["fineweb_dup_line_chars"] == 2 / 4
    assert values["fineweb_newlines"] == 3 / 4


def test_verse_in_other_scripts_has_ends(make_batch):
    assert scored(make_batch, "春眠不覚暁。\n処処聞啼鳥。")[0]["fineweb_line_ends"] == 1
