"""A small language that narrows a table to some of its runs: `model_params == 1000000 and suite in (a, b)`.

    condition  = comparison { "and" comparison }
    comparison = column ( == | != | < | <= | > | >= ) value  |  column [ "not" ] "in" "(" value { "," value } ")"

Columns are those that describe a run; a name with odd characters stands in backticks. A value is a number or a text,
in quotes where it is not a plain word. Columns of text are compared as text, and only for equality. An empty cell
meets no comparison. Parsed here and never evaluated as code.
"""

import operator
import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mixpipe.errors import ConfigError, InputError
from mixpipe.search.replay.tables import RunTable, listed

__all__ = ["where"]

TOKEN = re.compile(
    r"\s*(?:(?P<operator>==|!=|<=|>=|<|>)|(?P<mark>[(),])|`(?P<column>[^`]+)`|\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'"
    r"|(?P<word>[^\s(),=!<>`\"']+))"
)
COMPARISONS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
EQUALITIES = ("==", "!=")


class Token(NamedTuple):
    """A piece of an expression.

    Attributes:
        kind: operator, mark, column (in backticks), double, single (quoted texts), word, or end.
        text: without its quotes.
    """

    kind: str
    text: str


def where(table: RunTable, expression: str | None) -> RunTable:
    """Return the runs of the table that meet the expression; all of them when there is none.

    Raises:
        ConfigError: the expression cannot be read, or names a column that is not there.
        InputError: no run is left.
    """
    if expression is None:
        return table
    kept = _Reader(table, expression).condition()
    if not kept.any():
        raise InputError(f"expected runs of {table.name} with {expression!r}, found none{_found(table, expression)}")
    return table.rows(kept)


class _Reader:
    """Reads an expression from left to right."""

    def __init__(self, table: RunTable, expression: str) -> None:
        self.table, self.expression = table, expression
        self.tokens = _tokens(expression)
        self.at = 0

    def condition(self) -> np.ndarray:
        """Return (n,) bool: the runs that meet the whole expression."""
        kept = self.comparison()
        while self.next("word", "and"):
            kept &= self.comparison()
        if self.tokens[self.at].kind != "end":
            raise self.error("`and` or the end")
        return kept

    def comparison(self) -> np.ndarray:
        values = self.column()
        if self.next("word", "in"):
            return self.members(values)
        if self.next("word", "not"):
            if not self.next("word", "in"):
                raise self.error("`in`")
            return np.asarray(~self.members(values) & _filled(values))
        token = self.take("operator")
        if token is None:
            raise self.error("one of ==, !=, <, <=, >, >=, in, not in")
        return self.compared(values, token.text, self.value())

    def column(self) -> np.ndarray:
        token = self.take("word", "column")
        if token is None:
            raise self.error("a column")
        if token.text not in self.table.columns:
            raise ConfigError(
                f"expected a column among {', '.join(self.table.columns)} of {self.table.name}, found {token.text!r} "
                f"in {self.expression!r}"
            )
        return self.table.columns[token.text]

    def members(self, values: np.ndarray) -> np.ndarray:
        if not self.next("mark", "("):
            raise self.error("`(`")
        found = self.compared(values, "==", self.value())
        while self.next("mark", ","):
            found |= self.compared(values, "==", self.value())
        if not self.next("mark", ")"):
            raise self.error("`,` or `)`")
        return found

    def value(self) -> str:
        token = self.take("word", "double", "single")
        if token is None:
            raise self.error("a number or a text")
        return token.text

    def compared(self, values: np.ndarray, sign: str, value: str) -> np.ndarray:
        """Compare a column (n,) with a value, as numbers where the column holds numbers."""
        if values.dtype.kind != "f":
            if sign not in EQUALITIES:
                raise ConfigError(f"expected == or != for a column of text, found {sign!r} in {self.expression!r}")
            found = np.asarray(COMPARISONS[sign](values, np.asarray(value)), dtype=bool)
            return np.asarray(found & _filled(values))
        try:
            number = np.asarray(float(value))
        except ValueError as error:
            raise ConfigError(
                f"expected a number to compare with a column of numbers, found {value!r} in {self.expression!r}"
            ) from error
        return np.asarray(COMPARISONS[sign](values, number) & _filled(values))

    def take(self, *kinds: str) -> Token | None:
        """Return the next token and step over it, if it is of one of these kinds."""
        token = self.tokens[self.at]
        if token.kind not in kinds:
            return None
        self.at += 1
        return token

    def next(self, kind: str, text: str) -> bool:
        """Step over the next token if it is this one, and tell whether it was."""
        if self.tokens[self.at] != Token(kind, text):
            return False
        self.at += 1
        return True

    def error(self, expected: str) -> ConfigError:
        found = self.tokens[self.at].text or "the end"
        return ConfigError(
            f"expected {expected} in {self.expression!r}, found {found!r}; "
            "an example: model_params == 1000000 and step >= 10000"
        )


def _tokens(expression: str) -> list[Token]:
    tokens, at, end = [], 0, len(expression.rstrip())
    while at < end:
        match = TOKEN.match(expression, at)
        if match is None:
            raise ConfigError(f"expected an expression such as model_params == 1000000, found {expression[at:]!r}")
        kind = str(match.lastgroup)
        tokens.append(Token(kind, match[kind]))
        at = match.end()
    return [*tokens, Token("end", "")]


def _filled(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.isfinite(values) if values.dtype.kind == "f" else values != "")


def _found(table: RunTable, expression: str) -> str:
    """Return what the columns of an expression hold, for who compared with something else."""
    named = [token.text for token in _tokens(expression) if token.text in table.columns]
    parts = []
    for name in dict.fromkeys(named):
        values = np.unique(table.columns[name]).tolist()
        shown = [f"{value:g}" if isinstance(value, float) else value for value in values]
        parts.append(f"{name} is {listed(shown)}")
    return f"; {'; '.join(parts)}" if parts else ""
