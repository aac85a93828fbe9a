import pytest

from mixpipe.scores.c4 import C4

SENTENCE = "This line has enough words."
FIVE = "\n".join([SENTENCE] * 5)


def scored(make_batch, text):
    c4 = C4({})
    values = dict(zip(c4.columns, c4.score(make_batch([text]))[0].tolist(), strict=True))
    number = int(values["c4_rule"])
    return values, c4.rules[number - 1].name if number else None


def kept(make_batch, line):
    """Tell whether a line survives among five good ones."""
    return scored(make_batch, f"{FIVE}\n{line}")[0]["c4_lines_kept"] == 1


@pytest.mark.parametrize(("count", "rule"), [(5, None), (4, "too-few-sentences")])
def test_five_sentences_must_remain(make_batch, count, rule):
    assert scored(make_batch, "\n".join([SENTENCE] * count))[1] == rule
    assert scored(make_batch, " ".join([SENTENCE] * count))[1] == rule


@pytest.mark.parametrize("end", [".", "?", "!", '"', "'"])
def test_a_line_must_end_in_punctuation(make_batch, end):
    assert kept(make_batch, f"three words here{end}")
    assert not kept(make_batch, f"three words here{end} ,")


def test_an_ellipsis_is_no_end(make_batch):
    assert kept(make_batch, "three words here..")
    assert not kept(make_batch, "three words here...")


def test_fewest_words(make_batch):
    assert kept(make_batch, "three words here.")
    assert not kept(make_batch, "two words.")


def test_longest_word(make_batch):
    assert kept(make_batch, f"two more {'x' * 999}.")
    assert not kept(make_batch, f"two more {'x' * 1000}.")


@pytest.mark.parametrize("mark", ["[12]", "[]", "[edit]", "[citation needed]"])
def test_citation_marks_are_taken_out_first(make_batch, mark):
    assert kept(make_batch, f"three words here.{mark}")
    assert not kept(make_batch, f"two words.{mark}")


def test_other_brackets_stay(make_batch):
    assert not kept(make_batch, "three words here.[a]")


POLICIES = ("terms of use", "Privacy Policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")


@pytest.mark.parametrize("phrase", ["JavaScript", *POLICIES])
def test_lines_with_banned_phrases(make_batch, phrase):
    assert not kept(make_batch, f"here stands {phrase} once.")


def test_words_near_a_banned_phrase_stay(make_batch):
    assert kept(make_batch, "we use a cookie jar for java scripts.")


def test_lorem_ipsum_drops_the_document(make_batch):
    assert scored(make_batch, f"{FIVE}\nLorem ipsum dolor sit.")[1] == "lorem-ipsum"
    assert scored(make_batch, f"{FIVE}\nLorem dolor ipsum sit.")[1] is None


def test_curly_brace_drops_the_document_only_if_its_line_got_that_far(make_batch):
    assert scored(make_batch, f"{FIVE}\nhere is a {{ brace.")[1] == "curly-brace"
    assert scored(make_batch, f"{FIVE}\nhere is a {{ brace")[1] is None
    assert scored(make_batch, f"{FIVE}\na {{.")[1] is None
    assert scored(make_batch, f"{FIVE}\njavascript has a {{ brace.")[1] is None


def test_the_first_fatal_line_gives_the_reason(make_batch):
    assert scored(make_batch, "a curly { brace.\nthen lorem ipsum dolor.")[1] == "curly-brace"
    assert scored(make_batch, "both lorem ipsum { here.")[1] == "lorem-ipsum"


def test_a_policy_line_may_not_hide_a_brace(make_batch):
    assert scored(make_batch, f"{FIVE}\nour privacy policy {{ here.")[1] == "curly-brace"
