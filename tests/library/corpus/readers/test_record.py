"""What is asked of a reader and what it says: each column once, positions for people, errors with a stable code."""

import pytest

from mixpipe.corpus.readers.record import DamageError, Row, Wanted
from mixpipe.errors import InputError


def test_every_column_is_asked_for_once_in_order():
    wanted = Wanted(text="text", id="id", source="url", domain="url", meta=("date", "id", "text"))
    assert wanted.columns == ("text", "id", "url", "date")
    assert Wanted(text="body").columns == ("body",)


@pytest.mark.parametrize(
    ("kind", "number", "said"), [("line", 12, "line 12"), ("row", 1, "row 1"), ("file", 0, "file")]
)
def test_a_position_is_said_as_people_do(kind, number, said):
    assert Row(kind, number, {}).position == said


def test_damage_is_an_input_error_that_keeps_its_code():
    error = DamageError("bad-checksum", "expected 1, found 2")
    assert isinstance(error, InputError)
    assert (error.reason, error.detail, str(error)) == (
        "bad-checksum",
        "expected 1, found 2",
        "bad-checksum: expected 1, found 2",
    )
