"""Encoded files are told from prose, measures have known values, and the table of bytes is the corpus's own."""

import base64
import binascii
import math

import numpy as np
import pytest

from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.gibberish import Gibberish

PROSE = [f"The {n}th cat sat on the mat while rain fell on the roof, and nobody said a word to it." for n in range(60)]
BYTES = np.random.default_rng(0).bytes(3000)
UUENCODED = "\n".join(binascii.b2a_uu(BYTES[i : i + 45]).decode().rstrip("\n") for i in range(0, 2970, 45))
BASE64 = "\n".join(base64.b64encode(BYTES[i : i + 57]).decode() for i in range(0, 2850, 57))


@pytest.fixture
def values(make_batch, make_sample):
    """Return a function from a text to its columns, and the rule that fires."""
    gibberish = Gibberish(Gibberish.fit(make_sample(PROSE), ScoresConfig()))

    def measured(text):
        found = dict(zip(gibberish.columns, gibberish.score(make_batch([text]))[0].tolist(), strict=True))
        number = int(found["gibberish_rule"])
        return found, gibberish.rules[number - 1].name if number else None

    return measured


def test_prose_is_none(values):
    found, fired = values(" ".join(PROSE))
    assert fired is None
    assert found["gibberish_encoded"] == found["gibberish_uuencoded"] == 0


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("encoded", BASE64),
        ("encoded", "\n".join(BYTES[i : i + 16].hex() for i in range(0, 160, 16))),
        ("uuencoded", "begin 644 cat.gif\n" + UUENCODED + "\nend"),
        ("consonants", "xkcdqw zzrtp bcdfghj sdfkjh qwrtpl kkdfgh"),
        ("entropy", "".join(chr(32 + 36 * n % 95) for n in range(285))),
        ("surprise", "~|^" * 100),
    ],
)
def test_each_rule_fires(values, rule, text):
    assert values(text)[1] == rule


@pytest.mark.parametrize(
    "text",
    [
        "https://example.org/a/very/long/address/of/a/page.html " * 5,
        "a_function_with_a_long_name_of_words(another_long_name_of_words)" * 3,
        "Donaudampfschifffahrtsgesellschaft " * 5,
        "=" * 70 + "\n" + "-" * 70,
    ],
)
def test_long_words_are_not_encoded(values, text):
    assert values(text)[0]["gibberish_encoded"] == 0


def test_measures_by_hand(values):
    found, _ = values("abab")
    assert found["gibberish_entropy"] == 1
    assert values("aaaa")[0]["gibberish_entropy"] == 0
    assert values("rhythms a")[0]["gibberish_consonants"] == 0  # y is a vowel here
    assert values("bcdfg aeiou")[0]["gibberish_consonants"] == 0.5
    assert values("")[0] == dict.fromkeys(found, 0.0)


def test_surprise_is_the_bits_of_a_byte_given_the_one_before(make_batch, make_sample):
    # 100 texts "ab": after "a" came 100 of "b"; 1 is added to each of the 256 bytes.
    gibberish = Gibberish(Gibberish.fit(make_sample(["ab"] * 100), ScoresConfig()))
    found = dict(zip(gibberish.columns, gibberish.score(make_batch(["ab" * 50]))[0], strict=True))
    ab, ba = math.log2(356 / 101), math.log2(256)
    assert found["gibberish_surprise"] == pytest.approx((50 * ab + 49 * ba) / 99)


def test_few_bytes_surprise_no_one(values):
    assert values("~|^" * 21)[0]["gibberish_surprise"] == 0
    assert values("~|^" * 22)[0]["gibberish_surprise"] > 5.5
