"""The stage as a whole, on tiny corpora."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.domains.config import DomainsConfig
from mixpipe.errors import ConfigError, GateError, InputError
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_json, read_table
from mixpipe.store.fingerprint import text_id
from mixpipe.tables import ASSIGNMENTS
from mixpipe.tables import DOMAINS as DOMAINS_SCHEMA

Inputs = Callable[..., dict[str, Artefact]]
Build = Callable[..., Artefact]
THREE = DomainsConfig(count=3, clusters=6, lexical_dimensions=8, max_largest_share=0.7)


def assignments(artefact: Artefact) -> pa.Table:
    return pa.concat_tables(read_table(artefact.file(name)) for name in artefact.names())


def without_domains(corpus):
    return type(corpus)(corpus.texts, corpus.vectors)


@pytest.fixture
def clustered(tmp_path: Path, three_kinds, inputs: Inputs, build: Build) -> Artefact:
    return build(tmp_path / "root", THREE, inputs(without_domains(three_kinds)))


def test_kinds_are_found_and_named(clustered: Artefact, three_kinds) -> None:
    table = assignments(clustered)
    assert table.schema == ASSIGNMENTS
    assert table["id"].to_pylist() == [text_id(text) for text in three_kinds.texts]
    pairs = Counter(zip(table["domain"].to_pylist(), three_kinds.domains, strict=True))
    assert pairs == {(0, "cooking"): 60, (1, "law"): 40, (2, "code"): 20}
    domains = read_table(clustered.file("domains.parquet"))
    assert domains.schema == DOMAINS_SCHEMA
    assert domains["documents"].to_pylist() == [60, 40, 20]
    assert domains["share"].to_numpy().sum() == pytest.approx(1)
    code = domains.to_pylist()[2]
    assert set(code["name"].split("-")) <= set(
        "return const void struct include sizeof typedef static unsigned pointer break switch".split()
    )
    assert all(np.isfinite(domains[name].to_numpy()).all() for name in ("compactness", "separation", "x", "y"))


def test_medoids_are_distinct_members_with_their_beginnings(clustered: Artefact, three_kinds) -> None:
    domain_of = dict(zip(*assignments(clustered).select(["id", "domain"]).to_pydict().values(), strict=True))
    text_of = {text_id(text): text for text in three_kinds.texts}
    for row in read_table(clustered.file("domains.parquet")).to_pylist():
        assert len(set(row["medoids"])) == len(row["medoids"]) == 5
        assert {domain_of[medoid] for medoid in row["medoids"]} == {row["domain"]}
        assert row["examples"] == [text_of[medoid][:200].strip() for medoid in row["medoids"]]


def test_the_same_bytes_whatever_the_order_of_parts_and_however_often(
    tmp_path: Path, three_kinds, inputs: Inputs, build: Build
) -> None:
    given = inputs(without_domains(three_kinds))
    first, second = (build(tmp_path / root, THREE, given) for root in ("a", "b"))
    assert first.manifest.files == second.manifest.files
    whole = build(tmp_path / "c", THREE, inputs(without_domains(three_kinds), size=120))
    assert whole.digest("model.npz") == first.digest("model.npz")


def test_gate_and_tree_say_what_was_found(clustered: Artefact) -> None:
    gate = read_json(clustered.file("gate.json"))
    assert gate["domains"] == 3 and gate["rule"] == "asked" and gate["small"] == []
    assert gate["largest_share"] == pytest.approx(0.5)
    tree = read_json(clustered.file("tree.json"))
    assert len(tree["merges"]) == len(tree["documents"]) - 1 and sum(tree["documents"]) == 120


def test_auto_finds_the_three_kinds(tmp_path: Path, three_kinds, inputs: Inputs, build: Build) -> None:
    config = DomainsConfig(lexical_dimensions=8)
    artefact = build(tmp_path / "root", config, inputs(without_domains(three_kinds)))
    assert artefact.counts["domains"] == 3


def test_given_domains_replace_clustering(tmp_path: Path, three_kinds, inputs: Inputs, build: Build) -> None:
    labels = [None if i == 0 else f"{kind.title()} Texts" for i, kind in enumerate(three_kinds.domains)]
    corpus = type(three_kinds)(three_kinds.texts, three_kinds.vectors, labels)
    artefact = build(tmp_path / "root", DomainsConfig(), inputs(corpus))
    domains = read_table(artefact.file("domains.parquet")).to_pylist()
    assert [row["name"] for row in domains] == ["cooking-texts", "law-texts", "code-texts", "unlabelled"]
    assert all(row["terms"] and row["medoids"] for row in domains)
    number = {"Cooking Texts": 0, "Law Texts": 1, "Code Texts": 2, None: 3}
    assert assignments(artefact)["domain"].to_pylist() == [number[label] for label in labels]
    assert read_json(artefact.file("gate.json"))["rule"] == "given"


def test_a_frozen_model_assigns_only_new_parts(tmp_path: Path, three_kinds, inputs: Inputs, build: Build) -> None:
    corpus = without_domains(three_kinds)
    old = build(tmp_path / "root", THREE, inputs(corpus.rows(slice(0, 80))))
    frozen = THREE.model_copy(update={"frozen": str(old.path)})
    new = build(tmp_path / "root", frozen, inputs(corpus))
    reused = {entry.identity for entry in new.manifest.parts} & {entry.identity for entry in old.manifest.parts}
    assert len(reused) == 2 and len(new.manifest.parts) == 3
    names = [read_table(artefact.file("domains.parquet"))["name"].to_pylist() for artefact in (old, new)]
    assert names[0] == names[1] and new.digest("model.npz") == old.digest("model.npz")
    drift = read_json(new.file("gate.json"))["drift"]
    assert drift["new_documents"] == 40
    assert 0 <= drift["share_divergence"] < 0.1
    assert drift["new_mean_distance"] == pytest.approx(drift["old_mean_distance"], rel=0.3)


def test_a_frozen_model_that_is_none_is_refused(tmp_path: Path, three_kinds, inputs: Inputs, build: Build) -> None:
    config = DomainsConfig(frozen=str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match=r"domains\.frozen .*nowhere"):
        build(tmp_path / "root", config, inputs(without_domains(three_kinds)))


def test_a_new_given_domain_is_refused_by_a_frozen_model(
    tmp_path: Path, three_kinds, inputs: Inputs, build: Build
) -> None:
    old = build(tmp_path / "root", THREE, inputs(three_kinds))
    renamed = type(three_kinds)(three_kinds.texts, three_kinds.vectors, ["poetry", *three_kinds.domains[1:]])
    with pytest.raises(InputError, match=r"found \['poetry'\]"):
        build(tmp_path / "root", THREE.model_copy(update={"frozen": str(old.path)}), inputs(renamed))


def test_more_domains_than_distinct_documents_are_refused(
    tmp_path: Path, three_kinds, inputs: Inputs, build: Build
) -> None:
    corpus = without_domains(three_kinds).rows(slice(0, 5))
    with pytest.raises(ConfigError, match=r"found 17 domains for 5 distinct documents"):
        build(tmp_path / "root", DomainsConfig(count=17), inputs(corpus))


@pytest.mark.parametrize("copies", [1, 200])
def test_one_distinct_text_leaves_nothing_to_mix(
    tmp_path: Path, three_kinds, inputs: Inputs, build: Build, copies: int
) -> None:
    corpus = without_domains(three_kinds).rows(np.zeros(copies, dtype=int))
    with pytest.raises(GateError, match=r"expected at least 2 domains to mix, found 1 in a sample of 1 distinct"):
        build(tmp_path / "root", DomainsConfig(), inputs(corpus))


def test_two_distinct_texts_are_two_domains(tmp_path: Path, three_kinds, inputs: Inputs, build: Build) -> None:
    corpus = without_domains(three_kinds).rows(np.arange(150) % 2)
    artefact = build(tmp_path / "root", DomainsConfig(), inputs(corpus))
    assert read_table(artefact.file("domains.parquet"))["documents"].to_pylist() == [75, 75]


def test_texts_without_words_or_vectors_get_a_domain(tmp_path: Path, three_kinds, inputs: Inputs, build: Build) -> None:
    blank = type(three_kinds)([" ", "\t\n", "\u200b"], np.zeros((3, 8)))
    corpus = type(three_kinds)([*three_kinds.texts, *blank.texts], np.vstack([three_kinds.vectors, blank.vectors]))
    artefact = build(tmp_path / "root", THREE.model_copy(update={"clusters": 8}), inputs(corpus))
    distances = assignments(artefact)["distance"].to_numpy()
    assert len(distances) == 123 and np.isfinite(distances).all()


def test_the_embedding_alone_suffices(tmp_path: Path, three_kinds, inputs: Inputs, build: Build) -> None:
    config = THREE.model_copy(update={"lexical_weight": 0.0})
    artefact = build(tmp_path / "root", config, inputs(without_domains(three_kinds)))
    assert read_table(artefact.file("domains.parquet"))["documents"].to_pylist() == [60, 40, 20]
