from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixpipe.domains.config import DomainsConfig
from mixpipe.errors import ConfigError, GateError
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_table

Inputs = Callable[..., dict[str, Artefact]]
Build = Callable[..., Artefact]


def test_auto_finds_the_three_kinds(tmp_path: Path, unlabelled, inputs: Inputs, build: Build) -> None:
    config = DomainsConfig(lexical_dimensions=8)
    artefact = build(tmp_path / "root", config, inputs(unlabelled))
    assert artefact.counts["domains"] == 3


def test_more_domains_than_distinct_documents_are_refused(
    tmp_path: Path, unlabelled, inputs: Inputs, build: Build
) -> None:
    corpus = unlabelled.rows(slice(0, 5))
    with pytest.raises(ConfigError, match=r"found 17 domains for 5 distinct documents"):
        build(tmp_path / "root", DomainsConfig(count=17), inputs(corpus))


@pytest.mark.parametrize("copies", [1, 200])
def test_one_distinct_text_leaves_nothing_to_mix(
    tmp_path: Path, unlabelled, inputs: Inputs, build: Build, copies: int
) -> None:
    corpus = unlabelled.rows(np.zeros(copies, dtype=int))
    with pytest.raises(GateError, match=r"expected at least 2 domains to mix, found 1 in a sample of 1 distinct"):
        build(tmp_path / "root", DomainsConfig(), inputs(corpus))


def test_two_distinct_texts_are_two_domains(tmp_path: Path, unlabelled, inputs: Inputs, build: Build) -> None:
    corpus = unlabelled.rows(np.arange(150) % 2)
    artefact = build(tmp_path / "root", DomainsConfig(), inputs(corpus))
    assert read_table(artefact.file("domains.parquet"))["documents"].to_pylist() == [75, 75]


def lopsided(three_kinds):
    """Two thirds of the documents are of one kind."""
    kinds = np.array(three_kinds.domains)
    few = [np.flatnonzero(kinds == kind)[:count] for kind, count in (("cooking", 60), ("law", 20), ("code", 10))]
    corpus = three_kinds.rows(np.concatenate(few))
    return replace(corpus, domains=None)


def test_auto_takes_the_most_natural_number_that_the_gate_lets_pass(
    tmp_path: Path, three_kinds, inputs: Inputs, build: Build
) -> None:
    config = DomainsConfig(lexical_dimensions=8)
    natural = build(
        tmp_path / "all", config.model_copy(update={"max_largest_share": 1.0}), inputs(lopsided(three_kinds))
    )
    passed = build(tmp_path / "root", config, inputs(lopsided(three_kinds)))
    assert natural.counts["domains"] == 3 < passed.counts["domains"]
    assert max(read_table(passed.file("domains.parquet"))["share"].to_pylist()) <= 0.5


def test_a_number_that_was_asked_for_is_not_changed(tmp_path: Path, three_kinds, inputs: Inputs, build: Build) -> None:
    with pytest.raises(GateError, match="largest of 3 domains"):
        build(tmp_path / "root", DomainsConfig(lexical_dimensions=8, count=3), inputs(lopsided(three_kinds)))


def test_where_no_number_passes_the_gate_speaks_of_the_most_natural(
    tmp_path: Path, three_kinds, inputs: Inputs, build: Build
) -> None:
    config = DomainsConfig(lexical_dimensions=8, max_count=4, max_largest_share=0.1, min_entropy=0.99)
    with pytest.raises(GateError, match="of 3 domains"):
        build(tmp_path / "root", config, inputs(lopsided(three_kinds)))
