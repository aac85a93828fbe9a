from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.domains.config import DomainsConfig
from mixpipe.errors import InputError
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_json, read_table

Inputs = Callable[..., dict[str, Artefact]]
Build = Callable[..., Artefact]


def assignments(artefact: Artefact) -> pa.Table:
    return pa.concat_tables(read_table(artefact.file(name)) for name in artefact.names())


def test_given_domains_replace_clustering(tmp_path: Path, three_kinds, inputs: Inputs, build: Build) -> None:
    labels = ["Cooking: rare" if i == 0 else f"{kind.title()} Texts" for i, kind in enumerate(three_kinds.domains)]
    corpus = type(three_kinds)(three_kinds.texts, three_kinds.vectors, labels)
    artefact = build(tmp_path / "root", DomainsConfig(), inputs(corpus))
    domains = read_table(artefact.file("domains.parquet")).to_pylist()
    assert [row["name"] for row in domains] == ["cooking-texts", "law-texts", "code-texts", "cooking-rare"]
    assert all(row["terms"] and row["medoids"] for row in domains)
    number = {"Cooking Texts": 0, "Law Texts": 1, "Code Texts": 2, "Cooking: rare": 3}
    assert assignments(artefact)["domain"].to_pylist() == [number[label] for label in labels]
    assert read_json(artefact.file("gate.json"))["rule"] == "given"


def test_a_new_given_domain_is_refused_by_a_frozen_model(
    tmp_path: Path, three: DomainsConfig, three_kinds, inputs: Inputs, build: Build
) -> None:
    old = build(tmp_path / "root", three, inputs(three_kinds))
    renamed = type(three_kinds)(three_kinds.texts, three_kinds.vectors, ["poetry", *three_kinds.domains[1:]])
    with pytest.raises(InputError, match=r"found \['poetry'\]"):
        build(tmp_path / "root", three.model_copy(update={"frozen": str(old.path)}), inputs(renamed))


def test_a_column_of_titles_is_no_column_of_domains(tmp_path: Path, three_kinds, inputs: Inputs, build: Build) -> None:
    rows = np.arange(1100) % 120
    titles = type(three_kinds)(
        [three_kinds.texts[i] for i in rows], three_kinds.vectors[rows], [f"t{i}" for i in range(1100)]
    )
    with pytest.raises(InputError, match=r"at most 1024 different values .*found 1\d\d\d and more, e\.g\. \['t0', "):
        build(tmp_path / "root", DomainsConfig(), inputs(titles, size=550))
