from dataclasses import replace

import pytest

from mixpipe.shards.exporters import load_exporter
from mixpipe.shards.exporters.protocol import Settings
from mixpipe.shards.exporters.published import read_blend
from mixpipe.shards.exporters.simulate import simulate
from mixpipe.shards.exporters.written import write_blend

# half of the tokens in documents of 10 tokens, half in documents of 1,000
DOMAINS = [(0.5, 1_000_000, 100_000), (0.5, 1_000_000, 1000)]


def test_what_is_simulated_is_what_the_files_say(published):
    exporter, blend, settings = load_exporter("hf"), read_blend(published(DOMAINS)), Settings()
    files = exporter.files(blend, settings)
    first, second = exporter.read(files)[0].values()
    assert simulate(exporter, blend, files, settings).deviation < 0.02
    # token shares given to a trainer that draws documents: 10 / 1,010 of the tokens
    wrong = {name: text.replace(repr(first), "0.5").replace(repr(second), "0.5") for name, text in files.items()}
    found = simulate(exporter, blend, wrong, settings)
    assert found.domains[0].realised == pytest.approx(10 / 1010, rel=0.02)
    assert found.deviation == pytest.approx(0.5 - 10 / 1010, abs=1e-3)


def test_sequences_of_fixed_length_are_shared_as_megatron_shares_them(published):
    plain = [(0.5, 5_000_000, 10), (0.3, 3_000_000, 10), (0.2, 2_000_000, 10)]
    exporter, settings = load_exporter("megatron"), Settings(sequence_length=2000)
    blend = read_blend(published(plain))
    found = simulate(exporter, blend, exporter.files(blend, settings), settings)
    assert found.draws == 5000
    assert [domain.realised for domain in found.domains] == [0.5, 0.3, 0.2]
    assert [domain.epochs for domain in found.domains] == [5, 3, 2]
    assert found.deviation == 0


def test_a_phase_that_is_off_shows_though_the_whole_is_right(published):
    early, late = [(0.9, 900_000, 900), (0.1, 100_000, 100)], [(0.1, 100_000, 100), (0.9, 900_000, 900)]
    blend = read_blend(published(early, late, whole=[(0.5, 1_000_000, 1000), (0.5, 1_000_000, 1000)]))
    for name in ("megatron-bridge", "nanotron"):
        exporter, settings = load_exporter(name), Settings(sequence_length=100, batch_size=10)
        found = simulate(exporter, blend, write_blend(exporter, blend, settings), settings)
        assert found.deviation < 1e-4
        assert [[round(domain.realised, 3) for domain in phase.domains] for phase in found.phases] == [
            [0.9, 0.1],
            [0.1, 0.9],
        ]
        assert [round(domain.epochs, 2) for domain in found.phases[0].domains] == [0.9, 0.1]
    exporter, settings = load_exporter("megatron-bridge"), Settings(sequence_length=100)
    files = write_blend(exporter, blend, settings)
    swap = {"phase-1/blend.json": "phase-2/blend.json", "phase-2/blend.json": "phase-1/blend.json"}
    placed = {
        name: text.replace("phase-1", "x").replace("phase-2", "phase-1").replace("x", "phase-2")
        for name, text in files.items()
    }
    swapped = simulate(exporter, blend, {swap.get(name, name): text for name, text in placed.items()}, settings)
    assert swapped.domains[0].realised == pytest.approx(0.5, abs=1e-3)
    assert swapped.deviation == pytest.approx(0.8, abs=1e-3)


def test_a_pass_that_ends_with_a_domain_says_how_far_it_came(published):
    exporter, settings = load_exporter("litdata"), Settings(sequence_length=1000)
    blend = read_blend(published([(0.5, 5_000_000, 10), (0.3, 3_000_000, 10), (0.2, 2_000_000, 10)]))
    found = simulate(exporter, blend, exporter.files(blend, settings), settings)
    assert found.planned == 10_000
    assert 9_000 < found.draws < 10_000
    assert found.as_json()["planned_draws"] == 10_000


def test_data_with_the_mixture_in_it_are_read_as_planned(published):
    exporter, blend, settings = load_exporter("axolotl"), read_blend(published(DOMAINS)), Settings()
    found = simulate(exporter, blend, exporter.files(blend, settings), settings)
    assert found.deviation == 0
    assert found.draws == 101_000


def test_a_run_shorter_than_a_sequence_is_one_sequence(published):
    exporter, settings = load_exporter("gpt-neox"), replace(Settings(), sequence_length=10**9)
    blend = read_blend(published(DOMAINS))
    assert simulate(exporter, blend, exporter.files(blend, settings), settings).draws == 1
