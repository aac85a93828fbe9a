from collections.abc import Callable
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
