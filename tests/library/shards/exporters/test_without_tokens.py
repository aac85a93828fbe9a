from dataclasses import replace

import pytest

from mixpipe.errors import InputError
from mixpipe.shards.exporters.without_tokens import without_empty
from mixpipe.shards.records import ShardEntry


def shards(*encoded):
    return tuple(
        ShardEntry(path=f"train-{number}.bin", rows=1, tokens=9, first_id="a", last_id="a", encoded_tokens=count)
        for number, count in enumerate(encoded)
    )


def holding(phase, *encoded):
    """Let the domains of a phase have shards of so many tokens."""
    pairs = zip(phase.portions, encoded, strict=True)
    return replace(phase, portions=tuple(replace(portion, shards=shards(*counts)) for portion, counts in pairs))


def alone(blend, *encoded):
    phase = holding(blend.whole, *encoded)
    return replace(blend, phases=(phase,), whole=phase)


def test_empty_shards_and_domains_without_others_are_left_out(plain):
    found = without_empty(alone(plain, (7, 0, 5), (0, 0), (9,)))
    assert [portion.id for portion in found.whole.portions] == ["d000", "d002"]
    assert [[entry.encoded_tokens for entry in portion.shards] for portion in found.whole.portions] == [[7, 5], [9]]
    assert found.whole.token_shares() == pytest.approx([0.5 / 0.7, 0.2 / 0.7])
    assert found.left_out == ("name 1",)
    assert found.phases == (found.whole,)


def test_what_is_not_known_is_kept(plain):
    assert without_empty(plain) == plain
    texts = alone(plain, (None,), (None,), (None, None))
    assert without_empty(texts) == texts


def test_a_domain_that_is_empty_in_one_phase_stays_in_the_other(phased):
    early, late = phased.phases
    found = without_empty(replace(phased, phases=(holding(early, (1,), (0,), (1,)), holding(late, (1,), (1,), (1,)))))
    assert [len(phase.portions) for phase in found.phases] == [2, 3]
    assert found.phases[0].token_shares() == pytest.approx([5 / 7, 2 / 7])
    assert found.whole == phased.whole
    assert found.left_out == ("name 1 in phase 'phase 0'",)


def test_a_phase_without_tokens_is_refused_by_name(plain):
    empty = replace(alone(plain, (0,), (0,), (0,)), packed=4096)
    with pytest.raises(InputError, match=r"phase 'phase 0', found none .* sequence of 4096"):
        without_empty(empty)
