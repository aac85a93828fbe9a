"""What names a person's address: e-mail, telephone, network address, payment card, bank account; found, and masked.

Forms are strict, since most digits are nobody's: a telephone number has a `+`, an area code in brackets, or the
American 3-3-4; a card number stands alone or in its printed groups and passes Luhn's check; an IBAN passes ISO 7064's
(mod 97); of network addresses only public ones count. One scan finds runs of digits and the marks between them, and the
forms look only there. Source: datatrove's PIIFormatter for e-mail and addresses (its patterns are not used); the rest
is ours.
"""

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

__all__ = ["KINDS", "Masked", "Place", "masked", "places"]

KINDS = ("email", "phone", "address", "card", "iban")

LOCAL = re.compile(r"[\w.+-]*[\w+-]$")  # an e-mail address's part before the `@`
DOMAIN = re.compile(r"(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")
LONGEST_LOCAL = 64  # RFC 5321
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


class Place(NamedTuple):
    """Characters start..end of a text, and of which of KINDS they are."""

    start: int
    end: int
    kind: str


class Masked(NamedTuple):
    """A text with `<email>` and so on in place of what was found, and how much of each kind that was."""

    text: str
    counts: Counter[str]


def masked(text: str) -> Masked:
    """Mask a text; of two places that overlap the first, of two that begin together the longer."""
    pieces, counts, end = list[str](), Counter[str](), 0
    for place in sorted(places(text), key=lambda place: (place.start, -place.end)):
        if place.start >= end:
            pieces += [text[end : place.start], f"<{place.kind}>"]
            counts[place.kind] += 1
            end = place.end
    return Masked("".join([*pieces, text[end:]]), counts)


def places(text: str) -> Iterator[Place]:
    """Yield whatever is found; places of different kinds may overlap."""
    yield from _emails(text)
    for run in RUN.finditer(text):
        for kind, form, is_one in DIGITS:
            for match in form.finditer(run[0]):
                if is_one(match[0]):
                    yield Place(run.start() + match.start(), run.start() + match.end(), kind)
    yield from (Place(*match.span(), "iban") for match in IBAN.finditer(text) if _passes_mod_97(match[0]))


def _emails(text: str) -> Iterator[Place]:
    at = text.find("@")
    while at >= 0:
        domain = DOMAIN.match(text, at + 1)
        local = LOCAL.search(text[max(at - LONGEST_LOCAL, 0) : at]) if domain else None
        if domain and local:
            yield Place(at - len(local[0]), domain.end(), "email")
        at = text.find("@", at + 1)


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


DIGITS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("phone", PHONE, _is_phone),
    ("address", ADDRESS, _is_public),
    ("card", CARD, _passes_luhn),
)
