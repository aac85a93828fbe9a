from pathlib import Path

import numpy as np

from mixpipe.search.pools import HELD_OUT, POOLS, POOLS_RECORD, TARGETS, _hold_out
from mixpipe.search.survey import SURVEY, VOCABULARY
from mixpipe.search.texts import Texts
from mixpipe.search.vocabulary import load_vocabulary
from mixpipe.store.files import read_arrays, read_json
from mixpipe.store.fingerprint import file_digest
from mixpipe.store.stage import Context

LETTERS = ("etaoinsh ", "0123456789 ", "zxqkvwyj ")


def decoded(context: Context, tokens: np.ndarray) -> list[str]:
    """The documents of a stream, without the one that the pool's end may have cut."""
    vocabulary = load_vocabulary(context.out / VOCABULARY)
    pieces = np.split(tokens, np.flatnonzero(tokens == vocabulary.end_of_text))[1:]
    return [vocabulary.tokenizer.decode(piece[1:].tolist()) for piece in pieces]


def test_a_pool_holds_its_domain_alone_and_is_as_long_as_planned(prepared: Context) -> None:
    arrays, survey = read_arrays(prepared.out / POOLS), read_json(prepared.out / SURVEY)
    np.testing.assert_array_equal(np.diff(arrays["starts"]), survey["pool"])
    for domain, tokens in enumerate(np.split(arrays["tokens"], arrays["starts"][1:-1])):
        assert all(set(text) <= set(LETTERS[domain]) for text in decoded(prepared, tokens))


def test_nothing_held_out_is_in_a_pool(prepared: Context) -> None:
    arrays, held_out = read_arrays(prepared.out / POOLS), Texts.read(prepared.out / HELD_OUT)
    pools = decoded(prepared, arrays["tokens"])
    kept = decoded(prepared, held_out.tokens)
    assert kept
    assert not [text for text in kept for other in pools if text[:60] == other[:60]]


def test_targets_are_measured_up_to_the_limit(prepared: Context) -> None:
    texts = Texts.read(prepared.out / TARGETS)
    counts = np.bincount(np.repeat(texts.owners, np.diff(texts.starts) - 1))
    assert read_json(prepared.out / POOLS_RECORD)["targets"] == ["ledger", "prose", "runes"]
    assert (counts <= prepared.config.eval_tokens).all() and (counts > 100).all()
    assert (texts.n_bytes >= counts).all()


def test_the_record_names_what_was_written(prepared: Context) -> None:
    digests = read_json(prepared.out / POOLS_RECORD)["digests"]
    assert digests == {name: file_digest(prepared.out / name) for name in (POOLS, HELD_OUT, TARGETS)}


def test_pools_do_not_depend_on_how_documents_lie_in_parts(prepared: Context, pools_of_one_part: Path) -> None:
    for name in (POOLS, HELD_OUT, TARGETS):
        assert file_digest(pools_of_one_part / name) == file_digest(prepared.out / name)


def test_a_domain_is_never_held_out_whole() -> None:
    documents = [(np.zeros(10, dtype=np.uint16), 10)] * 3
    assert [_hold_out(documents, most) for most in (5, 10, 25, 1000)] == [0, 1, 2, 2]
    assert _hold_out([], 100) == 0
