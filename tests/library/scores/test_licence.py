"""One text per rule and per side of a limit; a notice counts in the first and last 100 characters alone."""

import pytest

from mixpipe.scores.licence import Licence

BODY = "Some plain words that say nothing of who may read or copy or change them at all. " * 13
CC = " CC BY 4.0 "


def scored(make_batch, text):
    licence = Licence({})
    values = dict(zip(licence.columns, licence.score(make_batch([text]))[0].tolist(), strict=True))
    number = int(values["licence_rule"])
    return values, licence.rules[number - 1].name if number else None


def at(place, notice=CC):
    """Return 1,000 characters with the notice's first letter at `place`."""
    filler = BODY[:1000]
    return filler[: place - 1] + notice + filler[place - 1 + len(notice) :]


@pytest.mark.parametrize(
    "notice",
    [
        "CC BY 4.0",
        "CC-BY-SA 3.0",
        "CC0",
        "cc-0",
        "https://creativecommons.org/licenses/by/4.0/",
        "https://creativecommons.org/licenses/by-sa/3.0/",
        "https://creativecommons.org/publicdomain/zero/1.0/",
        "Creative Commons Attribution 4.0",
        "in the public domain",
    ],
)
def test_free_licences(make_batch, notice):
    values, fired = scored(make_batch, f"{notice}. {BODY}")
    assert (values["licence_tier"], fired) == (1, None)
    assert scored(make_batch, f"{BODY} {notice}")[0]["licence_tier"] == 1


@pytest.mark.parametrize(("place", "tier"), [(1, 1), (80, 1), (150, 2), (500, 2), (920, 1)])
def test_only_the_ends_count(make_batch, place, tier):
    text = at(place)
    assert len(text) == 1000
    values, fired = scored(make_batch, text)
    assert (values["licence_tier"], values["licence_at"]) == (tier, text.index("CC BY"))
    assert fired == (None if tier == 1 else "no-free-licence")


def test_the_end_of_a_text_beyond_the_head(make_batch):
    text = "word " * 30_000 + "CC BY 4.0"
    values, _ = scored(make_batch, text)
    assert (values["licence_tier"], values["licence_at"]) == (1, len(text) - 9)


@pytest.mark.parametrize(
    ("rule", "phrase"),
    [
        ("non-commercial", "CC BY-NC 4.0"),
        ("non-commercial", "for noncommercial use"),
        ("non-commercial", "Namensnennung, nicht kommerziell"),
        ("non-commercial", "Pas d'utilisation commerciale"),
        ("non-commercial", "uso no comercial"),
        ("non-commercial", "Non commerciale"),
        ("no-derivatives", "CC BY-ND 4.0"),
        ("no-derivatives", "No Derivatives"),
        ("no-derivatives", "Keine Bearbeitung"),
        ("no-derivatives", "Sin obra derivada"),
        ("rights-reserved", "All Rights Reserved"),
        ("rights-reserved", "Tous droits réservés"),
        ("rights-reserved", "Alle Rechte vorbehalten"),
        ("copyright-sign", "© the authors"),
        ("copyright-notice", "Copyright (c) the authors"),
        ("copyright-notice", "Copyright 1987 by the authors"),
        ("copyright-notice", "(c) 2014 the authors"),
        ("media-only", "The photo above is under Creative Commons"),
        ("media-only", "Music: CC BY 3.0"),
        ("advertising", "viagra casino payday loan weight loss"),
    ],
)
def test_a_phrase_refuses_a_text_that_is_free_otherwise(make_batch, rule, phrase):
    assert scored(make_batch, f"CC0. {BODY} {phrase}. {BODY}")[1] == rule


@pytest.mark.parametrize(
    "phrase",
    [
        "a commercial success",
        "the derivative of a function",
        "the copyright of books, in general",
        "a photo. It is a good one",
        "viagra casino weight loss",  # three words of advertising are allowed
        "MuriÃ³ allÃ©",  # an accent read as Windows-1252 holds the sign
    ],
)
def test_what_refuses_nothing(make_batch, phrase):
    assert scored(make_batch, f"CC0. {BODY} {phrase}. {BODY}")[1] is None


def test_a_hundred_characters_are_enough(make_batch):
    assert scored(make_batch, "CC0 " + "x" * 96)[1] is None
    assert scored(make_batch, "CC0 " + "x" * 95)[1] == "too-short"


def test_a_text_that_says_nothing(make_batch):
    values, fired = scored(make_batch, BODY)
    assert (values["licence_tier"], values["licence_at"], fired) == (3, -1, "no-free-licence")


def test_a_forbidding_creative_commons_licence_is_not_free(make_batch):
    assert scored(make_batch, f"{BODY} creativecommons.org/licenses/by-nc/4.0")[0]["licence_tier"] == 3
    assert scored(make_batch, f"{BODY} CC BY-NC 4.0")[0]["licence_tier"] == 3
