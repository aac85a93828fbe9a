"""How often a text names a person's address: e-mail, telephone, network address, payment card, bank account.

Numbers per document, from its head. Forms are strict, since most digits are nobody's: a telephone number has a `+`, an
area code in brackets, or the American 3-3-4; a card number stands alone or in its printed groups and passes Luhn's
check; an IBAN passes ISO 7064's (mod 97); of network addresses only public ones count. One scan finds runs of digits
and the marks between them, and the forms look only there. Source: datatrove's PIIFormatter for e-mail and addresses
(its patterns are not used); the rest is ours.

Counting only. A text cannot be masked later, because its id is the hash of its text and `verify` checks it; masking
belongs to `ingest`, before the id is given.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np

from mixpipe.scores.document import Document
from mixpipe.scores.protocol import Rule
from mixpipe.scores.rules import RuleSet

__all__ = ["PII"]

# What ends an e-mail address's local part, and the domain after its `@`.
LOCAL_END = re.compile(r"[\w+-]")
DOMAIN = re.compile(r"(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")
RUN = re.compile(r"[+(0-9][0-9 ().-]{6,}")
# A group never gives digits back (`{1,4}+`): without, a page of `+` and long rows of digits took 4 s instead of 0.02.
PHONE = re.compile(
    r"\+[0-9]{1,3}(?:[ .-]?\(?[0-9]{1,4}+\)?){2,6}(?![0-9])|\([0-9]{2,5}\) ?[0-9]{3,4}[ .-]?[0-9]{3,4}(?![0-9])"
    r"|(?<![0-9.-])[0-9]{3}[ .-][0-9]{3}[ .-][0-9]{4}(?![0-9.-][0-9]|[0-9])"
)
ADDRESS = re.compile(r"(?<![0-9.])[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}(?!\.?[0-9])")
CARD = re.compile(
    r"(?<![0-9-])(?:[2-6][0-9]{12,18}|[2-6][0-9]{3}(?:[ -][0-9]{4}){3}|3[0-9]{3}[ -][0-9]{6}[ -][0-9]{5})(?![0-9-])"
)
# The letter before is looked at second: a pattern that begins with a set is searched three times faster.
IBAN = re.compile(r"[A-Z](?<!\w.)[A-Z][0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
FEWEST_PHONE_DIGITS = 8
MOST_PHONE_DIGITS = 15  # ITU E.164
IBAN_LENGTHS = range(15, 35)


class PII(RuleSet):
    """Numbers of e-mail addresses, telephone numbers, public IPv4 addresses, card numbers and IBANs."""

    family = "pii"
    measures = ("emails", "phones", "addresses", "cards", "ibans")
    rules = (
        Rule("email", "emails", most=0),
        Rule("phone", "phones", most=0),
        Rule("address", "addresses", most=0),
        Rule("card", "cards", most=0),
        Rule("iban", "ibans", most=0),
    )

    def measure(self, documents: Sequence[Document]) -> np.ndarray:
        """Return (n, 5) float64 counts."""
        return np.array([_counts(document.head) for document in documents], np.float64)


def _counts(head: str) -> tuple[int, int, int, int, int]:
    runs = RUN.findall(head)
    return (
        _emails(head),
        sum(map(_is_phone, _found(PHONE, runs))),
        sum(map(_is_public, _found(ADDRESS, runs))),
        sum(map(_passes_luhn, _found(CARD, runs))),
        sum(map(_passes_mod_97, IBAN.findall(head))),
    )


def _emails(head: str) -> int:
    pieces = pairwise(head.split("@"))
    return sum(bool(LOCAL_END.match(local[-1:]) and DOMAIN.match(domain)) for local, domain in pieces)


def _found(form: re.Pattern[str], runs: Iterable[str]) -> list[str]:
    return [match for run in runs for match in form.findall(run)]


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def _is_phone(text: str) -> bool:
    return FEWEST_PHONE_DIGITS <= len(_digits(text)) <= MOST_PHONE_DIGITS


def _is_public(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_global
    except ValueError:  # a part above 255, or with a leading zero
        return False


def _passes_luhn(text: str) -> bool:
    digits = [int(digit) for digit in reversed(_digits(text))]
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _passes_mod_97(text: str) -> bool:
    code = text.replace(" ", "")
    return len(code) in IBAN_LENGTHS and int("".join(str(int(c, 36)) for c in code[4:] + code[:4])) % 97 == 1
