from collections.abc import Callable
from pathlib import Path

import pytest

from mixpipe.domains.config import DomainsConfig
from mixpipe.errors import ConfigError
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_json, read_table

Inputs = Callable[..., dict[str, Artefact]]
Build = Callable[..., Artefact]


def test_a_frozen_model_assigns_only_new_parts(
    tmp_path: Path, three: DomainsConfig, unlabelled, inputs: Inputs, build: Build
) -> None:
    corpus = unlabelled
    old = build(tmp_path / "root", three, inputs(corpus.rows(slice(0, 80))))
    frozen = three.model_copy(update={"frozen": str(old.path)})
    new = build(tmp_path / "root", frozen, inputs(corpus))
    reused = {entry.identity for entry in new.manifest.parts} & {entry.identity for entry in old.manifest.parts}
    assert len(reused) == 2 and len(new.manifest.parts) == 3
    names = [read_table(artefact.file("domains.parquet"))["name"].to_pylist() for artefact in (old, new)]
    assert names[0] == names[1] and new.digest("model.npz") == old.digest("model.npz")
    drift = read_json(new.file("gate.json"))["drift"]
    assert drift["new_documents"] == 40
    assert 0 <= drift["share_divergence"] < 0.1
    assert drift["new_mean_distance"] == pytest.approx(drift["old_mean_distance"], rel=0.3)


def test_a_frozen_model_that_is_none_is_refused(tmp_path: Path, unlabelled, inputs: Inputs, build: Build) -> None:
    config = DomainsConfig(frozen=str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match=r"domains\.frozen .*nowhere"):
        build(tmp_path / "root", config, inputs(unlabelled))


def test_vectors_of_another_encoder_are_refused(
    tmp_path: Path, three: DomainsConfig, clustered: Artefact, unlabelled, inputs: Inputs, build: Build
) -> None:
    config = three.model_copy(update={"frozen": str(clustered.path)})
    with pytest.raises(ConfigError, match=r"encoder that the frozen domains .*domains\.frozen"):
        build(tmp_path / "root", config, inputs(unlabelled, encoder="other"))


def test_given_domains_are_not_passed_over_for_those_of_a_clustering(
    tmp_path: Path, three: DomainsConfig, clustered: Artefact, three_kinds, inputs: Inputs, build: Build
) -> None:
    config = three.model_copy(update={"frozen": str(clustered.path)})
    with pytest.raises(ConfigError, match=r"ingest\.domain"):
        build(tmp_path / "root", config, inputs(three_kinds))


def test_what_drift_is_measured_against_is_identity(
    tmp_path: Path, three: DomainsConfig, unlabelled, inputs: Inputs, build: Build
) -> None:
    old = build(tmp_path / "root", three, inputs(unlabelled.rows(slice(0, 80))))
    whole = inputs(unlabelled)
    new = build(tmp_path / "root", three.model_copy(update={"frozen": str(old.path)}), whole)
    again = build(tmp_path / "root", three.model_copy(update={"frozen": str(new.path)}), whole)
    assert new.digest("model.npz") == again.digest("model.npz")
    assert read_json(again.file("gate.json"))["drift"]["new_documents"] == 0
    third = build(tmp_path / "root", three.model_copy(update={"frozen": str(again.path)}), whole)
    assert third.fingerprint == again.fingerprint != new.fingerprint
