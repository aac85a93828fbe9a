from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from mixpipe.audit.bpe_pairs import PairCounts, words_of
from mixpipe.tokenizer import train_tokenizer


def counted(words: dict[str, int], merges: list[tuple[str, str]]) -> Counter[tuple[str, str]]:
    """Count pairs the slow way: split anew, merge, count."""
    found: Counter[tuple[str, str]] = Counter()
    for word, times in words.items():
        symbols = list(word)
        for left, right in merges:
            place = 0
            while place < len(symbols) - 1:
                if (symbols[place], symbols[place + 1]) == (left, right):
                    symbols[place : place + 2] = [left + right]
                place += 1
        found.update({pair: 0 for pair in pairwise(symbols)})
        for pair in pairwise(symbols):
            found[pair] += times
    return found


@given(
    st.dictionaries(st.text("abc", min_size=1, max_size=7), st.integers(1, 5), min_size=1, max_size=6),
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), max_size=4),
)
def test_counts_after_merges_are_those_of_counting_anew(words, merges):
    counts = PairCounts(words)
    for pair in merges:
        counts.merge(pair)
    assert counts.counts == counted(words, merges)
    assert counts.total == sum(counted(words, merges).values())


def test_the_top_is_by_count_and_then_by_pair():
    counts = PairCounts({"ab": 3, "cd": 3, "ef": 5})
    assert counts.top(2) == [("e", "f"), ("a", "b")]


def test_words_are_split_as_the_tokenizer_splits():
    tokenizer = Tokenizer.from_str(train_tokenizer(["a word, a word"], 300))
    assert words_of(tokenizer, ["a word, a"]) == {"a": 1, "Ġword": 1, ",": 1, "Ġa": 1}
