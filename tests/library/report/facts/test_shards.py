import pytest

from mixpipe.report.facts.shards import read_dataset


def test_the_data_set_has_realised_shares_by_domain_number(artefacts):
    data = read_dataset(artefacts)
    assert (data.shards, data.rows) == (3, 71_000)
    assert [domain.number for domain in data.domains] == list(range(12))
    assert sum(domain.share for domain in data.domains) == pytest.approx(1)


def test_tiers_of_licences_are_those_written(artefacts):
    assert [(one.tier, one.rows) for one in read_dataset(artefacts).tiers] == [(1, 30), (3, 9)]


def test_before_the_shards_there_is_none():
    assert read_dataset({}) is None
