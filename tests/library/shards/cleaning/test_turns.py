import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.shards.cleaning.turns import Template, turns

CHAT = "<u>hi<a>hello<u>bye<a>see you"


def cut(text, *markers):
    return [(turn.text, turn.is_response) for turn in turns(text, Template(*markers))]


@pytest.mark.parametrize(
    ("text", "markers", "expected"),
    [
        ("abc", (None, None), [("abc", True)]),
        ("", (None, None), []),
        (CHAT, ("<a>", None), [("<u>hi<a>", False), ("hello<u>bye<a>see you", True)]),
        (
            CHAT,
            ("<a>", "<u>"),
            [("<u>hi<a>", False), ("hello", True), ("<u>bye<a>", False), ("see you", True)],
        ),
        ("no marker", ("<a>", "<u>"), [("no marker", False)]),
        ("only a prompt<a>", ("<a>", None), [("only a prompt<a>", False)]),
        ("<a><u><a>x", ("<a>", "<u>"), [("<a>", False), ("<u><a>", False), ("x", True)]),
    ],
)
def test_prompts_and_responses(text, markers, expected):
    assert cut(text, *markers) == expected


@given(st.text("ab<>", max_size=30), st.text("ab<>", min_size=1, max_size=3), st.none() | st.text("ab<>", min_size=1))
def test_turns_joined_are_the_document(text, response_after, prompt_after):
    found = cut(text, response_after, prompt_after)
    assert "".join(piece for piece, _ in found) == text
    assert all(piece for piece, _ in found)
