"""A document cut into prompts and responses, at the texts that a chat template puts before each.

`response_after` ends a prompt, `prompt_after` a response. Both belong to the prompt: they are given, not answered.
"""

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Template", "Turn", "turns"]


class Template(NamedTuple):
    """How documents are read.

    Attributes:
        response_after: what stands before a response; None: a document is one response.
        prompt_after: what stands before the next prompt; None: a response goes on to the end.
        special_tokens: what a document spells like a special token of the model is that token; False: it is text.
    """

    response_after: str | None = None
    prompt_after: str | None = None
    special_tokens: bool = False


class Turn(NamedTuple):
    """A stretch of a document.

    Attributes:
        text: as it stands there; all turns joined are the document.
        is_response: what a model should learn to say.
    """

    text: str
    is_response: bool


def turns(text: str, template: Template) -> Iterator[Turn]:
    """Yield the turns of a document, in order, none of them empty."""
    response_after, prompt_after = template.response_after, template.prompt_after
    if response_after is None:
        yield from _turn(text, is_response=True)
        return
    start = 0
    while (found := text.find(response_after, start)) >= 0:
        begin = found + len(response_after)
        yield from _turn(text[start:begin], is_response=False)
        end = text.find(prompt_after, begin) if prompt_after else -1
        start = len(text) if end < 0 else end
        yield from _turn(text[begin:start], is_response=True)
    yield from _turn(text[start:], is_response=False)


def _turn(text: str, *, is_response: bool) -> Iterator[Turn]:
    if text:
        yield Turn(text, is_response)
