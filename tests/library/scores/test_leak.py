import unicodedata

import numpy as np
import pytest

from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.held_out_ngrams import FEWEST_WORDS, NGRAM_WORDS, Index, WordHashes, ngram_hashes
from mixpipe.scores.leak import Leak
from mixpipe.scores.protocol import Evaluations, Sample

RNG = np.random.default_rng(0)
LEXICON = ["".join(RNG.choice(list("abcdefghijklmnoprstuvw"), 6)) for _ in range(5000)]


def prose(words, seed):
    rng = np.random.default_rng([7, seed])
    chosen = [LEXICON[place] for place in rng.integers(len(LEXICON), size=words)]
    return ". ".join(" ".join(chosen[start : start + 9]) for start in range(0, words, 9)) + "."


ITEM = prose(120, 1)
SHORT = "Choose seven correct answers below here"  # six words
TINY = "Yes or no"
CLEAN = [prose(200, seed) for seed in range(100, 120)]


def fitted(texts, sample=CLEAN, protected=()):
    zeros = np.zeros(len(sample), np.int64)
    held = Evaluations(list(texts), np.zeros(len(texts), np.int32), ("exam",))
    further = Evaluations(list(protected), np.zeros(len(protected), np.int32), ("guarded",) if protected else ())
    ids = [f"{number:032x}" for number in range(len(sample))]
    vectors = np.zeros((len(sample), 2), np.float32)
    content = {
        "ids": ids,
        "texts": list(sample),
        "vectors": vectors,
        "domains": zeros.astype(np.int32),
        "tokens": zeros,
    }
    return Leak(Leak.fit(Sample(**content, targets=held, protected=further), ScoresConfig()))


@pytest.fixture
def judge(make_batch):
    def judged(scorer, *texts):
        return [dict(zip(scorer.columns, row, strict=True)) for row in scorer.score(make_batch(list(texts)))]

    return judged


def test_every_disguise_that_keeps_the_words_is_found(judge):
    scorer = fitted([ITEM])
    words = ITEM.split()
    disguised = [
        ITEM,
        ITEM.upper(),
        "\n".join(words),
        ITEM.replace(".", " ;-) "),
        " ".join(words[40:80]),
        CLEAN[0] + " " + " ".join(words[20:60]) + " " + CLEAN[1] * 25,  # a page of five thousand words
        "".join(chr(ord(letter) + 0xFEE0) if "a" <= letter <= "z" else letter for letter in ITEM),  # full width
    ]
    for found in judge(scorer, *disguised):
        assert found["leak_rule"] in (1, 2)
        assert found["leak_set"] == 1
    assert judge(scorer, ITEM)[0]["leak_coverage"] == 1.0


def test_accents_that_stand_apart_are_the_same_letters(judge):
    item = ITEM.replace("o", "ó").replace("u", "ü")
    apart = unicodedata.normalize("NFD", item)
    assert len(apart) > len(item)
    scorer = fitted([item])
    assert judge(scorer, apart)[0]["leak_coverage"] == 1.0
    assert [apart[span.start : span.end] for span in scorer.spans(apart)] == [apart.rstrip(".")]


def test_clean_texts_and_a_reworded_one_are_not(judge):
    words = ITEM.split()
    words[6::12] = ["other"] * len(words[6::12])
    scorer = fitted([ITEM])
    for found in judge(scorer, *CLEAN, " ".join(words), "", "\x00" * 40):
        assert found["leak_hits"] == found["leak_rule"] == found["leak_set"] == 0


@pytest.mark.parametrize(
    ("words", "rule"),
    [(NGRAM_WORDS, 0), (NGRAM_WORDS + 1, 0), (NGRAM_WORDS + 2, 4), (NGRAM_WORDS + 20, 4), (NGRAM_WORDS + 21, 1)],
)
def test_three_different_ngrams_are_counted_and_a_fifth_of_an_item_is_too_much(judge, words, rule):
    text = CLEAN[0] + " " + " ".join(ITEM.split()[30 : 30 + words])
    (found,) = judge(fitted([ITEM]), text)
    assert found["leak_hits"] == words - NGRAM_WORDS + 1
    assert found["leak_rule"] == rule


@pytest.mark.parametrize(("hits", "ngrams", "rule"), [(2, 1000, 0), (3, 3334, 0), (3, 3000, 4), (3, 400, 4)])
def test_three_ngrams_are_a_reason_from_a_thousandth_of_the_documents(judge, hits, ngrams, rule):
    words = " ".join(ITEM.split()[30 : 30 + NGRAM_WORDS - 1 + hits])
    rest = prose(ngrams - hits, 9)  # of n words n - 12 are the first of a 13-gram
    (found,) = judge(fitted([ITEM]), f"{words} {rest}")
    assert (found["leak_hits"], found["leak_rule"]) == (hits, rule)


def test_an_item_of_few_words_is_found_whole_and_one_of_fewer_is_told(judge):
    scorer = fitted([ITEM, SHORT, TINY])
    found, other = judge(scorer, f"{CLEAN[3]} {SHORT.lower()}! {CLEAN[4]}", f"{CLEAN[5]} {TINY}")
    assert found["leak_coverage"] == 1.0
    assert found["leak_rule"] == 1
    assert other["leak_rule"] == 0
    assert len(SHORT.split()) == FEWEST_WORDS
    state = Index.build(Evaluations([ITEM, SHORT, TINY], np.zeros(3, np.int32), ("exam",)), CLEAN)
    assert Leak.facts(state) == {"exam": {"items": 3, "uncovered": 1}}


def test_a_paragraph_of_thirteen_words_is_enough(judge):
    paragraph = " ".join(ITEM.split()[:13])
    item = f"{paragraph}\n\n{prose(100, 50)}\n{' '.join(prose(14, 51).split())}"
    scorer = fitted([item])
    found, inside = judge(scorer, f"{CLEAN[0]}\n{paragraph}\n{CLEAN[1]}", f"{CLEAN[0]} {paragraph} {CLEAN[1]}")
    assert (found["leak_paragraphs"], found["leak_rule"]) == (1, 5)
    assert (inside["leak_hits"], inside["leak_rule"]) == (1, 0)


def test_what_many_documents_say_is_no_leak(judge):
    licence = prose(40, 77)
    common = [f"{text} {licence}" for text in CLEAN]
    scorer = fitted([f"{ITEM} {licence}"], sample=common)
    assert all(found["leak_rule"] == 0 for found in judge(scorer, *common))
    # of all its n-grams: what is left out stays in the count, or one rare phrase would be the whole of an item
    assert judge(scorer, ITEM)[0]["leak_coverage"] == pytest.approx(108 / 148, abs=0.02)


@pytest.mark.parametrize("copies", [3, 10])
def test_an_item_that_leaked_often_is_still_found(judge, copies):
    leaked = [f"{ITEM} {prose(30, 200 + number)}" for number in range(copies)]
    (found,) = judge(fitted([ITEM], sample=[*CLEAN, *leaked]), leaked[0])
    assert found["leak_rule"] == 1


def test_what_a_licence_fills_half_of_an_item_with_is_no_leak_nor_is_a_set_phrase(judge):
    licence = prose(150, 77)
    under_licence = [f"{licence} {prose(60, 600 + number)}" for number in range(21)]
    polite = [f"{prose(60, 700 + number)} {SHORT} {prose(60, 800 + number)}" for number in range(21)]
    item = f"{licence} {prose(60, 900)}"
    scorer = fitted([item, SHORT], sample=[*CLEAN, *under_licence, *polite])
    assert all(found["leak_rule"] == 0 for found in judge(scorer, *under_licence, *polite))
    assert judge(scorer, item)[0]["leak_rule"] == 1


def test_a_template_of_questions_is_no_item_of_its_own(judge):
    template = prose(20, 300)
    items = [f"{template} {prose(25, 400 + number)}" for number in range(40)]
    quoted, leaked = judge(fitted(items), f"{CLEAN[0]} {template} {CLEAN[1]}", f"{CLEAN[0]} {items[3]} {CLEAN[1]}")
    assert quoted["leak_hits"] == 0
    assert leaked["leak_rule"] == 1


def test_a_page_of_a_long_item_is_enough(judge):
    item = prose(2000, 500)
    (found,) = judge(fitted([item]), f"{CLEAN[0]} {' '.join(item.split()[700:900])} {CLEAN[1] * 20}")
    assert (found["leak_run"], found["leak_rule"]) == (200 - NGRAM_WORDS + 1, 3)


def test_scripts_without_spaces_have_a_word_a_character(judge):
    rng = np.random.default_rng(3)
    item = "".join(chr(0x4E00 + int(place)) for place in rng.integers(2000, size=60))
    (found,) = judge(fitted([item]), f"{CLEAN[0]} {item} {CLEAN[1]}")
    assert found["leak_coverage"] == 1.0


@pytest.mark.parametrize("items", [[], [TINY], ["", "\0"]])
def test_sets_without_an_item_that_can_be_found_flag_nothing(judge, items):
    assert all(found["leak_rule"] == 0 for found in judge(fitted(items), TINY, "", CLEAN[0]))


def test_protected_sets_are_looked_for_too(judge):
    (found,) = judge(fitted([ITEM], protected=[prose(60, 9)]), prose(60, 9))
    assert found["leak_set"] == 2


def test_the_order_of_held_out_texts_does_not_matter(judge):
    others = [prose(80, seed) for seed in range(20, 30)]
    texts = [*others[:3], ITEM[:300], CLEAN[2]]
    first, second = judge(fitted([ITEM, *others]), *texts), judge(fitted([*others[::-1], ITEM]), *texts)
    assert first == second


def test_spans_are_the_words_of_the_held_out_text():
    scorer = fitted([ITEM])
    stretch = " ".join(ITEM.split()[10:40])
    (span,) = scorer.spans(f"Before it all. {stretch} And after.")
    assert f"Before it all. {stretch} And after."[span.start : span.end] == stretch.rstrip(".")
    assert span.set == "exam"
    assert scorer.spans(CLEAN[0]) == []


def test_hashes_hang_on_words_alone():
    apart, together = WordHashes.of(["One two, THREE"]), WordHashes.of(["one\ntwo three", "four"])
    assert (apart.hashes == together.hashes[:3]).all()
    assert ngram_hashes(together, 2)[1].tolist() == [0, 1]
    assert len(ngram_hashes(WordHashes.of([""]), NGRAM_WORDS)[0]) == 0
