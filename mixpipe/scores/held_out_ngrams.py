"""The word 13-grams of held-out texts, as an index of 64-bit hashes that any text can be looked up in.

Words are runs of letters and digits in Unicode's NFKC form and lower case, so case, line breaks and punctuation play no
part; scripts without spaces between words (Han, kana, Thai, Lao, Khmer, Burmese) give one word a character. The hash of
an n-gram is a polynomial in the hashes of its words, computed for all places of a block at once; two different n-grams
fall together with a chance of about 2^-64 a pair (deviation: conventions hash the joined words one by one).

What lies in more than two documents of the corpus sample is boilerplate, and what many items of one set share is a
template of questions: such n-grams are left out. A document that holds half of an item is a leaked copy of it and does
not count, or what leaks most would be protected least, up to one sampled document in a thousand (20 at least): what
more hold is a licence that fills half of an item, or a set phrase that is one. An item shorter than 13 words is one
n-gram of its own length, from six words on; a shorter one is uncovered, which is counted and said.

Sources: GPT-3's 13-grams (Brown et al. 2020, arXiv 2005.14165, appendix C), the frequency guard of Megatron and NeMo.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from xxhash import xxh3_64_intdigest

from mixpipe.scores.protocol import Evaluations, State

__all__ = ["FEWEST_WORDS", "NGRAM_WORDS", "Found", "Index", "WordHashes", "ngram_hashes"]

NGRAM_WORDS = 13
FEWEST_WORDS = 6  # five words that follow each other are said by chance; six are a sentence
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
MARKS = "\u0300-\u036f"  # accents that stand apart, as in NFD, belong to the word and are joined by NFKC
WORD = re.compile(rf"[^\W{UNSPACED}]+(?:[{MARKS}]+[^\W{UNSPACED}]*)*|[{UNSPACED}]")
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
# n-grams in more sampled documents than these are boilerplate: a leak is not in three of 20,000 distinct documents.
MOST_DOCUMENTS = 2
COPY = 0.5  # of an item's n-grams in one document
MOST_COPIES, MOST_COPIES_SHARE = 20, 0.001  # of the sampled documents, leaked copies included
# An n-gram in more items of one set than these, and than this share of them, is a template.
MOST_ITEMS, MOST_ITEMS_SHARE = 10, 0.01
SAMPLED_AT_ONCE = 1000  # documents of the sample, about 50 MB of hashes
BLOOM_BITS = 22  # 4 MB of flags: one look-up in cache rules out all but a tenth of the places


@dataclass(frozen=True)
class WordHashes:
    """The words of n texts in a row.

    Attributes:
        hashes: (words,) uint64 of the normalised words.
        sizes: (n,) int64 words of each text.
    """

    hashes: np.ndarray
    sizes: np.ndarray

    @classmethod
    def of(cls, texts: Sequence[str]) -> "WordHashes":
        """Cut and hash texts; every different word is normalised and hashed once."""
        numbers: dict[str, int] = {}
        codes, sizes = list[int](), list[int]()
        for text in texts:
            words = WORD.findall(text)
            codes += [numbers.setdefault(word, len(numbers)) for word in words]
            sizes.append(len(words))
        known = np.fromiter((_word_hash(word) for word in numbers), np.uint64, len(numbers))
        return cls(known[np.array(codes, np.int64)], np.array(sizes, np.int64))


def _word_hash(word: str) -> int:
    return xxh3_64_intdigest(unicodedata.normalize("NFKC", word).lower().encode("utf-8", "surrogatepass"))


def ngram_hashes(words: WordHashes, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the hashes (m,) uint64 of all n-grams inside a text, and the number (m,) int64 of their first word."""
    places = len(words.hashes) - n + 1
    if places < 1:
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    rolled = np.zeros(places, np.uint64)
    for offset in range(n):
        rolled = rolled * MULTIPLIER + words.hashes[offset : offset + places]
    ends = np.repeat(np.cumsum(words.sizes), words.sizes)[:places]
    first = np.flatnonzero(np.arange(places) + n <= ends)
    return (rolled ^ (rolled >> np.uint64(29)))[first] * MULTIPLIER, first


@dataclass(frozen=True)
class Found:
    """Places where texts hold n-grams of the index.

    Attributes:
        first: (m,) int64 number of the n-gram's first word among all texts' words.
        length: (m,) int64 its words.
        key: (m,) int64 number of the n-gram in the index.
    """

    first: np.ndarray
    length: np.ndarray
    key: np.ndarray


class Index:
    """n-grams of held-out items, by length.

    Attributes:
        sets: names of the sets.
        set_of: (items,) int32 number of the set of each item.
        ngrams: (items,) int64 n-grams of each item that are in the index; 0: uncovered.
        whole: (items,) int64 all n-grams of each item, those left out too.
    """

    def __init__(self, state: State) -> None:
        """Take what `build` returned."""
        self.sets: list[str] = state["sets"].tolist()
        self.set_of, self.ngrams, self.whole = state["set_of"], state["ngrams"], state["whole"]
        self._keys, self._lengths = state["keys"], state["lengths"]
        self._starts, self._items = state["starts"], state["items"]
        lengths, starts = np.unique(self._lengths, return_index=True)  # keys rise by length, then by hash
        keys = [self._keys[self._lengths == n] for n in lengths]
        self._by_length = list(zip(lengths.tolist(), starts.tolist(), keys, strict=True))
        self._flags = np.zeros(1 << BLOOM_BITS, bool)
        self._flags[_flag(self._keys)] = True

    @classmethod
    def build(cls, held_out: Evaluations, sample: Sequence[str]) -> State:
        """Return the index of held-out texts as arrays, without what is frequent in a sample of the corpus."""
        words = WordHashes.of(held_out.texts)
        owner = np.repeat(np.arange(len(words.sizes)), words.sizes)
        rows = []
        for n in sorted({*np.minimum(words.sizes, NGRAM_WORDS).tolist()}):
            if n < FEWEST_WORDS:
                continue
            hashes, first = ngram_hashes(words, n)
            whole = words.sizes[owner[first]] == n if n < NGRAM_WORDS else np.ones(len(first), bool)
            rows.append((hashes[whole], np.full(int(whole.sum()), n), owner[first[whole]]))
        keys, lengths, items = (np.concatenate(columns) for columns in zip(*rows, strict=True)) if rows else _nothing()
        state = _as_state(keys, lengths, items, held_out)
        common = _templates(state) | _frequent(cls(state), sample)
        ngram = np.repeat(np.arange(len(state["keys"])), np.diff(state["starts"]))
        left = ~common[ngram]
        kept = _as_state(state["keys"][ngram][left], state["lengths"][ngram][left], state["items"][left], held_out)
        return {**kept, "whole": state["whole"]}

    @property
    def size(self) -> int:
        """How many n-grams there are."""
        return len(self._keys)

    def find(self, words: WordHashes) -> Found:
        """Return where texts hold n-grams of the index."""
        found = []
        for n, start, keys in self._by_length:
            hashes, first = ngram_hashes(words, n)
            maybe = np.flatnonzero(self._flags[_flag(hashes)])
            place = np.minimum(np.searchsorted(keys, hashes[maybe]), len(keys) - 1)
            hit = keys[place] == hashes[maybe]
            found.append((first[maybe[hit]], np.full(int(hit.sum()), n), start + place[hit]))
        columns = (
            [np.concatenate(column) for column in zip(*found, strict=True)] if found else [np.zeros(0, np.int64)] * 3
        )
        return Found(*columns)

    def items_of(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return, for n-grams (m,), the rows of `keys` repeated for each item that has the n-gram, and the items."""
        counts = self._starts[keys + 1] - self._starts[keys]
        rows = np.repeat(np.arange(len(keys)), counts)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        return rows, self._items[self._starts[keys][rows] + within]


def _nothing() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.zeros(0, np.uint64), np.zeros(0, np.int64), np.zeros(0, np.int64)


def _flag(hashes: np.ndarray) -> np.ndarray:
    return np.asarray(hashes >> np.uint64(64 - BLOOM_BITS))


def _templates(state: State) -> np.ndarray:
    """Return (n-grams,) bool: which are in so many items of one set that they are no item's own."""
    rows = np.repeat(np.arange(len(state["keys"])), np.diff(state["starts"]))
    sets = state["set_of"][state["items"]].astype(np.int64)
    met, counts = np.unique(np.stack([rows, sets]), axis=1, return_counts=True)
    most = np.maximum(MOST_ITEMS, MOST_ITEMS_SHARE * np.bincount(state["set_of"], minlength=len(state["sets"])))
    found = np.zeros(len(state["keys"]), bool)
    found[met[0][counts > most[met[1]]]] = True
    return found


def _frequent(index: "Index", sample: Sequence[str]) -> np.ndarray:
    """Return (n-grams,) bool: which are in more documents of the sample than a leak would be, and than its copies."""
    counts, copies = np.zeros((2, index.size), np.int64)
    for start in range(0, len(sample), SAMPLED_AT_ONCE):
        words = WordHashes.of(sample[start : start + SAMPLED_AT_ONCE])
        document = np.repeat(np.arange(len(words.sizes)), words.sizes)
        found = index.find(words)
        pairs = np.unique(np.stack([document[found.first], found.key]), axis=1)
        rows, items = index.items_of(pairs[1])
        held = np.stack([pairs[0][rows], items])
        met, which, times = np.unique(held, axis=1, return_inverse=True, return_counts=True)
        copied = (times >= COPY * index.ngrams[met[1]])[which.ravel()]
        is_copy = np.zeros(pairs.shape[1], bool)
        is_copy[rows[copied]] = True
        counts += np.bincount(pairs[1][~is_copy], minlength=index.size)
        copies += np.bincount(pairs[1][is_copy], minlength=index.size)
    return (counts > MOST_DOCUMENTS) | (copies > max(MOST_COPIES, MOST_COPIES_SHARE * len(sample)))


def _as_state(keys: np.ndarray, lengths: np.ndarray, items: np.ndarray, held_out: Evaluations) -> State:
    """Return the arrays of an index; of an n-gram twice in an item once."""
    order = np.lexsort((items, keys, lengths))
    keys, lengths, items = keys[order], lengths[order], items[order]
    fresh = np.ones(len(keys), bool)
    fresh[1:] = (keys[1:] != keys[:-1]) | (lengths[1:] != lengths[:-1]) | (items[1:] != items[:-1])
    keys, lengths, items = keys[fresh], lengths[fresh], items[fresh]
    first = np.ones(len(keys), bool)
    first[1:] = (keys[1:] != keys[:-1]) | (lengths[1:] != lengths[:-1])
    ngrams = np.bincount(items, minlength=len(held_out.texts))
    return {
        "sets": np.array(held_out.names, dtype=np.str_),
        "set_of": held_out.owners.astype(np.int32),
        "ngrams": ngrams,
        "whole": ngrams,
        "keys": keys[first],
        "lengths": lengths[first].astype(np.int8),
        "starts": np.append(np.flatnonzero(first), len(keys)),
        "items": items.astype(np.int32),
    }
