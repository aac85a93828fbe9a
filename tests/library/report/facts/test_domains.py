import pytest

from mixpipe.report.facts.domains import read_domains, read_gate


def test_domains_come_by_number_and_printable(artefacts):
    domains = read_domains(artefacts)
    assert [domain.number for domain in domains] == list(range(len(domains)))
    assert sum(domain.share for domain in domains) == pytest.approx(1)
    texts = [text for domain in domains for text in (domain.name, *domain.terms, *domain.examples)]
    assert all(text.isprintable() and len(text) <= 240 for text in texts)


def test_the_gate_has_a_drift_only_for_a_frozen_model(artefacts, edited):
    assert read_gate(artefacts).drift is None
    drift = {"old_mean_distance": 0.4, "new_documents": 12, "new_mean_distance": 0.5, "share_divergence": 0.02}
    drifted = read_gate(edited("domains", "gate.json", lambda found: {**found, "rule": "frozen", "drift": drift}))
    assert (drifted.rule, drifted.drift.new_documents, drifted.drift.divergence) == ("frozen", 12, 0.02)


def test_no_new_documents_have_no_divergence(edited):
    drift = {"old_mean_distance": 0.4, "new_documents": 0}
    found = read_gate(edited("domains", "gate.json", lambda gate: {**gate, "drift": drift}))
    assert found.drift.divergence is found.drift.new_distance is None


def test_before_domains_there_is_nothing():
    assert read_domains({}) == []
    assert read_gate({}) is None
