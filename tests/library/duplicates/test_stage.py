"""The stage over tiny sealed documents: what is marked, and that neither order, cuts nor ranges change it."""

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.duplicates.config import DuplicatesConfig
from mixpipe.duplicates.stage import DUPLICATES
from mixpipe.store.build import open_stage
from mixpipe.store.files import read_table
from mixpipe.store.fingerprint import text_id


def words(*replaced, start=0, count=60, tail=""):
    """Return a run of words, some of them replaced, with something at the end."""
    found = [f"r{n}" if n in replaced else f"w{n}" for n in range(start, start + count)]
    return " ".join(found) + tail


def random_texts(count, seed=0):
    """Return texts of random words, each fourth with a near copy, each fifth with an exact one."""
    rng = np.random.default_rng(seed)
    texts = []
    for number in range(count):
        text = [f"{number}q{word}" for word in rng.integers(0, 10**6, int(rng.integers(30, 90)))]
        texts.append(" ".join(text))
        if number % 4 == 0:
            texts.append(" ".join([*text[:-1], "changed"]))
        if number % 5 == 0:
            texts.append(texts[-1])
    return texts


@pytest.fixture
def twins(tmp_path, upstream, document, build):
    """Build the stage on texts and return its rows."""

    def found(texts, cuts=(), backwards=False, sources=None, **settings):
        seen = set()
        documents = [
            document(text, 0, duplicate=text in seen or bool(seen.add(text)), source=source)
            for text, source in zip(texts, sources or ["made"] * len(texts), strict=True)
        ]
        sealed = upstream(documents, list(cuts), [1.0])
        config = DuplicatesConfig(**{"semantic": {"enabled": False}, **settings})
        artefact = build(tmp_path, DUPLICATES, config, sealed, backwards=backwards)
        assert artefact.names() == sealed["ingest"].names()
        sketches = {f"sketch{name[4:-8]}-{what}.npy" for name in artefact.names() for what in ("keys", "rows")}
        assert set(artefact.listed) == {*artefact.names(), *sketches, "largest.json"}
        rows = pa.concat_tables(read_table(artefact.file(name)) for name in artefact.names()).to_pylist()
        assert [row["id"] for row in rows] == [text_id(text) for text in texts]
        return rows

    return found


def by_id(rows):
    return {row["id"]: row for row in rows}


def test_a_near_copy_is_marked_and_the_longer_kept(twins):
    short, long, other = words(), words(tail=" and one more"), words(start=500)
    a, b, c = twins([short, long, other])
    assert (a["near_twin"], a["near_size"], b["near_twin"], b["near_size"]) == (text_id(long), 2, None, 2)
    assert a["near_similarity"] == pytest.approx(56 / 59)
    assert (c["near_twin"], c["near_similarity"], c["near_size"]) == (None, None, 1)
    assert {row["semantic_twin"] for row in (a, b, c)} == {row["semantic_similarity"] for row in (a, b, c)} == {None}


def test_a_preferred_source_is_kept_though_shorter(twins):
    a, b = twins([words(), words(tail=" and one more")], sources=["book", "web"], prefer=("book",))
    assert (a["near_twin"], b["near_twin"]) == (None, a["id"])


def test_a_preferred_copy_counts_wherever_it_stands(twins):
    short, long = words(), words(tail=" and one more")
    for texts, sources in (
        ([short, short, long], ["book", "web", "web"]),
        ([long, short, short], ["web", "web", "book"]),
    ):
        found = {row["id"]: row["near_twin"] for row in twins(texts, sources=sources, cuts=[1, 2], prefer=("book",))}
        assert found == {text_id(short): None, text_id(long): text_id(short)}


def test_what_is_less_similar_than_asked_is_kept(twins):
    texts = [words(), words(30, tail=" x")]  # 51 of 62 grams shared: .823
    assert [row["near_twin"] is None for row in twins(texts, threshold=0.8)] == [False, True]
    assert [row["near_twin"] for row in twins(texts, threshold=0.85)] == [None, None]


def test_a_chain_loses_its_middle_only(twins):
    a, b, c = words(tail=" the longest of them all"), words(start=12, count=60), words(start=24, count=58)
    found = twins([c, b, a], threshold=0.6, bands=64, rows=2)
    assert [row["near_twin"] for row in found] == [None, text_id(a), None]


def test_fewer_than_five_words_are_never_marked(twins):
    rows = twins(["one two three four", "One, two, three: four", "hello", "hello!", "", "1 2 3 4"])
    assert all(row["near_twin"] is None and row["near_size"] == 1 for row in rows)


def test_of_equal_vectors_short_texts_alone_are_semantic_duplicates_where_asked(twins):
    """Every vector is the same; texts of one length are compared, and only `short` leaves out those with 5-grams."""
    texts = [words(), words(start=100), "see you then", "See you then.", "see you", words(start=200, count=4)]
    marked = {}
    for compare in ("all", "short"):
        rows = twins(texts, cuts=[3], semantic={"compare": compare})
        assert {row["near_twin"] for row in rows} == {None}
        marked[compare] = [{row["semantic_twin"], row["id"]} for row in rows if row["semantic_twin"]]
    assert marked["short"] == [{text_id(texts[2]), text_id(texts[3])}]
    long = {text_id(texts[0]), text_id(texts[1])}
    assert len(marked["all"]) == 2 and long in marked["all"] and marked["short"][0] in marked["all"]


def test_without_short_texts_none_is_marked(twins):
    rows = twins([words(), words(start=100)], semantic={"compare": "short"})
    assert {row["semantic_twin"] for row in rows} == {None}


def test_numbers_count_unless_told_otherwise(twins):
    texts = [f"profit of {n} thousand against {n + 7},{n}00 in {1900 + n} and again {n * 3} so" for n in (11, 12)]
    assert [row["near_twin"] for row in twins(texts)] == [None, None]
    assert sum(row["near_twin"] is not None for row in twins(texts, numbers_alike=True)) == 1


def test_exact_copies_share_what_became_of_their_text(twins):
    rows = twins([words(), words(tail=" and one more"), words(), words(tail=" and one more")], cuts=[2])
    assert rows[0] == rows[2]
    assert rows[1] == rows[3]
    assert rows[2]["near_twin"] == rows[1]["id"]
    assert rows[1]["near_twin"] is None
    assert rows[1]["near_size"] == 2


def test_neither_order_nor_cuts_nor_ranges_of_keys_change_what_is_marked(twins):
    texts = random_texts(40)
    expected = twins(texts)
    assert sum(row["near_twin"] is not None for row in expected) >= 10
    mixed = [texts[row] for row in np.random.default_rng(1).permutation(len(texts))]
    assert by_id(twins(mixed)) == by_id(expected)
    assert by_id(twins(mixed, cuts=[3, 4, 30, 41])) == by_id(expected)
    assert twins(texts, cuts=[5, 20], keys_at_once=100, backwards=True) == expected


def test_hostile_texts_pass(twins):
    texts = [
        "",
        "\x00" * 50,
        "\U0001f600 " * 50,
        "x" * 200_000,
        "a b c d e " * 20_000,
        "a b c d e " * 19_999,
        "\u202e\ufeff",
    ]
    rows = twins([*texts, "नमस्ते दुनिया यह एक परीक्षण है", "नमस्ते दुनिया यह एक परीक्षण है!"], cuts=[2])
    assert [row["near_twin"] is not None for row in rows] == [False] * 5 + [True, False, True, False]


def test_an_empty_corpus_part_passes(twins):
    assert len(twins([words()], cuts=[0, 1])) == 1


def test_a_grown_corpus_sketches_new_documents_only(tmp_path, upstream, document, build):
    texts = random_texts(20)
    old, new = ([document(text, 0) for text in dict.fromkeys(part)] for part in (texts, random_texts(8, seed=1)))
    config = DuplicatesConfig(semantic={"enabled": False})
    build(tmp_path, DUPLICATES, config, upstream(old, [10], [1.0]))
    grown = upstream(old + new, [10, len(old)], [1.0])
    job = open_stage(tmp_path, DUPLICATES, config, grown)
    sketch = job.steps[0]
    assert [part.spec["file"] for part in job.pending(sketch, job.plan(sketch))] == [grown["ingest"].names()[2]]
    afresh = build(tmp_path / "afresh", DUPLICATES, config, grown)
    assert {f.name: f.sha256 for f in build(tmp_path, DUPLICATES, config, grown).manifest.files} == {
        f.name: f.sha256 for f in afresh.manifest.files
    }
    other = open_stage(tmp_path, DUPLICATES, DuplicatesConfig(semantic={"enabled": False}, rows=4), grown)
    assert len(other.pending(sketch, other.plan(sketch))) == 3
