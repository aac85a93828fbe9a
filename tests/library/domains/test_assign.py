from collections import Counter
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_json, read_table
from mixpipe.store.fingerprint import text_id
from mixpipe.tables import ASSIGNMENTS
from mixpipe.tables import DOMAINS as DOMAINS_SCHEMA

Inputs = Callable[..., dict[str, Artefact]]
Build = Callable[..., Artefact]


def assignments(artefact: Artefact) -> pa.Table:
    return pa.concat_tables(read_table(artefact.file(name)) for name in artefact.names())


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


def test_gate_and_tree_say_what_was_found(clustered: Artefact) -> None:
    gate = read_json(clustered.file("gate.json"))
    assert gate["domains"] == 3 and gate["rule"] == "asked" and gate["small"] == []
    assert gate["largest_share"] == pytest.approx(0.5)
    tree = read_json(clustered.file("tree.json"))
    assert len(tree["merges"]) == len(tree["documents"]) - 1 and sum(tree["documents"]) == 120
