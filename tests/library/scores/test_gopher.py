import numpy as np
import pytest

from mixpipe.scores.gopher import Gopher

WORDS = "the quick brown fox jumps over a lazy dog and then to be sure of that we have tea with milk".split()


def prose(count, seed=0):
    """Return `count` different words, stop words among them, in lines of ten."""
    words = [*WORDS[:count], *(f"w{chr(97 + n % 26)}{chr(97 + n // 26)}x" for n in range(count - len(WORDS)))]
    return "\n".join(" ".join(words[n : n + 10]) for n in range(0, count, 10))


def scored(make_batch, text):
    gopher = Gopher({})
    row = gopher.score(make_batch([text]))[0]
    values = dict(zip(gopher.columns, row.tolist(), strict=True))
    number = int(values["gopher_rule"])
    return values, gopher.rules[number - 1].name if number else None


def test_three_times_a_to_j(make_batch):
    text = " ".join(["a b c d e f g h i j"] * 3)
    values, rule = scored(make_batch, text)
    assert len(text) == 59
    for n, expected in {2: 0.15254, 3: 0.25424, 4: 0.35593}.items():
        assert values[f"gopher_top_{n}gram"] == pytest.approx(expected, abs=1e-5)
    for n, expected in {5: 0.33898, 6: 0.30508, 7: 0.23729, 8: 0.27119, 9: 0.30508, 10: 0.33898}.items():
        assert values[f"gopher_dup_{n}gram"] == pytest.approx(expected, abs=1e-5)
    assert rule == "top-3-gram"


def test_lines_x_y_x_x(make_batch):
    values, rule = scored(make_batch, "x\ny\nx\nx")
    assert values["gopher_dup_lines"] == 0.5
    assert rule == "duplicate-lines"


def test_good_prose_fires_no_rule(make_batch):
    assert scored(make_batch, prose(100))[1] is None


@pytest.mark.parametrize(
    ("rule", "allowed", "dropped"),
    [
        ("too-few-words", prose(50), prose(49)),
        ("hashes", prose(90) + " # 1" * 5, prose(50) + "#" * 6),
        ("ellipses", prose(50) + "..." * 5, prose(50) + "..." * 6),
        ("ellipsis-lines", prose(100).replace("\n", "...\n", 3), prose(100).replace("\n", "...\n", 4)),
        ("bullet-lines", "\n- ".join(prose(100).split("\n")), "- " + "\n- ".join(prose(100).split("\n"))),
        (
            "too-few-alphabetic-words",
            prose(80) + " " + " ".join(str(n) for n in range(100, 120)),
            prose(80) + " " + " ".join(str(n) for n in range(100, 121)),
        ),
        ("too-few-stop-words", prose(80).replace("and", "und"), " ".join(f"w{n}ab" for n in range(80)) + " the"),
        (
            "duplicate-paragraphs",
            "\n\n".join(["p", *"abcdefg", "p", "p", prose(60)]),
            "\n\n".join(["p", *"abcd", "p", "p", "p", prose(60)]),
        ),
    ],
)
def test_both_sides_of_a_limit(make_batch, rule, allowed, dropped):
    assert scored(make_batch, allowed)[1] != rule
    assert scored(make_batch, dropped)[1] == rule


@pytest.mark.parametrize(("length", "rule"), [(2, "word-length"), (3, None), (10, None), (11, "word-length")])
def test_mean_word_length(make_batch, length, rule):
    letters = "abcdefghijklmnopqrstuvwxyz"
    stop = {2: ["to", "be", "of"], 3: ["the", "and", "abc"], 10: [], 11: []}[length]
    words = [letters[n % 26] + letters[n // 26 % 26] * (length - 1) for n in range(60)]
    values, fired = scored(make_batch, " ".join([*stop, *words]))
    assert values["gopher_word_length"] == length
    assert fired == (rule or ("too-few-stop-words" if length == 10 else None))


@pytest.mark.parametrize(("extra", "fires"), [(0, False), (1, True)])
def test_one_hundred_thousand_words(make_batch, extra, fires):
    words = [f"{chr(97 + n % 26)}{n:05d}"[: 3 + n % 3] + chr(97 + n // 26 % 26) for n in range(100_000 - 8 + extra)]
    text = " ".join(["the", "be", "to", "of", "and", "that", "have", "with", *words])
    values, _ = scored(make_batch, text)
    assert values["gopher_words"] == 100_000 + extra
    limit = next(rule for rule in Gopher.rules if rule.name == "too-many-words")
    assert limit.fires(np.array([values["gopher_words"]])).item() == fires


def test_symbols_are_no_words(make_batch):
    values, _ = scored(make_batch, "one *** two --- ... three")
    assert values["gopher_words"] == 3
    assert values["gopher_word_length"] == pytest.approx(11 / 3)


def test_repetition_is_tried_before_length(make_batch):
    assert scored(make_batch, "a b c\na b c\na b c")[1] == "duplicate-lines"


def test_stop_words_are_case_sensitive_and_distinct(make_batch):
    assert scored(make_batch, "The THE the the")[0]["gopher_stop_words"] == 1


PUBLISHED = {
    "dup_paragraphs": 0.30,
    "dup_paragraph_chars": 0.20,
    "dup_lines": 0.30,
    "dup_line_chars": 0.20,
    "top_2gram": 0.20,
    "top_3gram": 0.18,
    "top_4gram": 0.16,
    "dup_5gram": 0.15,
    "dup_6gram": 0.14,
    "dup_7gram": 0.13,
    "dup_8gram": 0.12,
    "dup_9gram": 0.11,
    "dup_10gram": 0.10,
    "words": 100_000,
    "word_length": 10,
    "hashes": 0.1,
    "ellipses": 0.1,
    "bullet_lines": 0.9,
    "ellipsis_lines": 0.3,
}


def test_published_limits_in_the_published_order():
    assert {rule.measure: rule.most for rule in Gopher.rules if np.isfinite(rule.most)} == PUBLISHED
    least = {rule.measure: rule.least for rule in Gopher.rules if np.isfinite(rule.least)}
    assert least == {"words": 50, "word_length": 3, "alphabetic": 0.8, "stop_words": 2}
    measures = list(dict.fromkeys(rule.measure for rule in Gopher.rules))
    assert measures[:13] == list(PUBLISHED)[:13]
    assert set(measures) == set(Gopher.measures)


@pytest.mark.parametrize(
    ("measure", "text", "share"),
    [
        # the second "pp" of 12 characters; its line repeats too
        ("dup_paragraph_chars", "pp\n\nabcd\n\npp", 2 / 12),
        ("dup_line_chars", "xx\nabcde\nxx", 2 / 11),
    ],
)
def test_characters_of_repeats_are_a_share_of_the_text(make_batch, measure, text, share):
    assert scored(make_batch, text)[0][f"gopher_{measure}"] == pytest.approx(share)
