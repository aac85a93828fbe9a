"""What a text says of its own licence, by MixtureVitae's rules (ontocord/mixturevitae; sections on allow and reject).

`tier` is the strength of the evidence for a free licence (Creative Commons BY or BY-SA, CC0, public domain): 1, named
in the first or last 100 characters, where a notice stands; 2, named elsewhere; 3, not named. `at` is the character at
which it is named, -1 for nowhere, so that the evidence can be read. Rules refuse terms that forbid commerce or changes
in six languages, reserved rights, copyright notices, licences of photographs or music alone, more than three words of
advertising, fewer than 100 characters; the last, tier 1, is MixtureVitae's allow rule. `licence_rule` is the first
that fires. Terms are looked for in the head, in lower case, a substring search each. The tier goes into the shards, as
the column `licence_tier`, so that whoever trains can go by it.

Not here: the list of allowed sites (a scorer sees no address; use `ingest.paths`), ratios of flagged words (a list of
words). Their tiers also count the kind of site. A notice says nothing about what third parties gave to the text.
"""

import re
from collections.abc import Sequence

import numpy as np

from mixpipe.scores.document import Document
from mixpipe.scores.protocol import Rule
from mixpipe.scores.rules import RuleSet

__all__ = ["Licence"]

END = 100
FREE = re.compile(
    r"creativecommons\.org/(?:licenses/by(?:-sa)?/|publicdomain/)|\bcc[ -]?0\b|\bcc[ -]by(?:[ -]sa)?\b(?![ -]n[cd])"
    r"|creative commons (?:attribution|zero|cc0|cc by)|\bpublic domain\b"
)
# Any of these stands in every text that FREE matches: `in` is ten times faster than the pattern.
FREE_MARKS = ("creative", "cc0", "cc-", "cc ", "public domain")
NON_COMMERCIAL = (
    *("non-commercial", "noncommercial", "non commercial", "by-nc", "by nc", "pas d'utilisation commerciale"),
    *("nicht kommerziell", "nicht-kommerziell", "no comercial", "non commerciale", "não comercial"),
)
NO_DERIVATIVES = (
    *("no derivative", "noderiv", "no-deriv", "by-nd", "nc-nd", "by nd", "nc nd", "pas de modification"),
    *("keine bearbeitung", "sin obra derivada", "sin derivadas", "non opere derivate", "sem derivações"),
)
RESERVED = (
    *("all rights reserved", "tous droits réservés", "alle rechte vorbehalten", "todos los derechos reservados"),
    *("tutti i diritti riservati", "todos os direitos reservados"),
)
NOTICE = re.compile(r"copyright,? (?:\(c\)|(?:by )?(?:19|20)\d\d)|\(c\) ?(?:19|20)\d\d")
SIGN = re.compile(r"(?<!\w)\N{COPYRIGHT SIGN}")  # after a letter it is a wrongly decoded accent
MEDIA = re.compile(
    r"(?:photo|photograph|image|picture|music|song|track|audio)s?\b[^.\n]{0,40}(?:creative commons|\bcc[ -]by)"
)
ADVERTISING = (
    *("viagra", "cialis", "casino", "poker online", "payday loan", "weight loss", "replica watch", "work from home"),
    *("click here to order", "money back guarantee", "earn extra cash", "no credit check", "cheap meds", "free trial"),
)


class Licence(RuleSet):
    """The tier of a free licence, and whatever speaks against taking the text."""

    family = "licence"
    measures = (
        *("tier", "at", "non_commercial", "no_derivatives", "reserved", "copyright_sign", "notice", "media"),
        *("advertising", "characters"),
    )
    rules = (
        Rule("non-commercial", "non_commercial", most=0),
        Rule("no-derivatives", "no_derivatives", most=0),
        Rule("rights-reserved", "reserved", most=0),
        Rule("copyright-sign", "copyright_sign", most=0),
        Rule("copyright-notice", "notice", most=0),
        Rule("media-only", "media", most=0),
        Rule("advertising", "advertising", most=3),
        Rule("too-short", "characters", least=100),
        Rule("no-free-licence", "tier", most=1),
    )

    def measure(self, documents: Sequence[Document]) -> np.ndarray:
        """Return (n, measures) float64: 1 or 0 per kind of notice, numbers of different words, characters."""
        return np.array([_measured(document) for document in documents], np.float64)


def _measured(document: Document) -> tuple[float, ...]:
    lower = document.lower
    copyrighted = "copyright" in lower or "(c)" in lower
    return (
        *_free(document),
        any(term in lower for term in NON_COMMERCIAL),
        any(term in lower for term in NO_DERIVATIVES),
        any(term in lower for term in RESERVED),
        "\N{COPYRIGHT SIGN}" in lower and SIGN.search(lower) is not None,
        copyrighted and NOTICE.search(lower) is not None,
        ("creative commons" in lower or "cc" in lower) and MEDIA.search(lower) is not None,
        sum(term in lower for term in ADVERTISING),
        len(document.text),
    )


def _free(document: Document) -> tuple[int, int]:
    """Return the tier and the first character of its evidence; of a long text the end is looked at too."""
    opening, ending = document.text[:END].lower(), document.text[-END:].lower()
    if found := _named(opening):
        return 1, found.start()
    if found := _named(ending):
        return 1, max(len(document.text) - END, 0) + found.start()
    elsewhere = _named(document.lower)
    return (2, elsewhere.start()) if elsewhere else (3, -1)


def _named(lower: str) -> re.Match[str] | None:
    """Return the first free licence named in a text in lower case."""
    return FREE.search(lower) if any(mark in lower for mark in FREE_MARKS) else None
