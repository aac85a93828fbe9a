from mixpipe.report.blocks import Note, Table
from mixpipe.report.sections.domains import domains_section


def test_every_domain_has_a_row_that_opens_on_examples(artefacts):
    table = next(block for block in domains_section(artefacts).blocks if isinstance(block, Table))
    assert len(table.rows) == 12
    assert all(row[1].more for row in table.rows)
    assert [column.title for column in table.columns][-3:] == ["mean quality", "like the targets", "mostly from"]


def test_how_far_domains_follow_sources_is_said(artefacts, edited):
    section = domains_section(artefacts)
    assert "NPMI; 0: not at all, 1: each is one): 0.25" in section.lead
    one = domains_section(edited("scores", "origins.json", lambda _: {"association": 0.0, "sources": {"a": [1]}}))
    table = next(block for block in one.blocks if isinstance(block, Table))
    assert "NPMI" not in one.lead and table.columns[-1].title == "like the targets"


def test_before_the_mixture_the_map_has_no_legend(artefacts):
    plot = domains_section({"domains": artefacts["domains"]}).blocks[0]
    assert not plot.legend
    assert domains_section(artefacts).blocks[0].legend


def test_drift_of_a_frozen_model_is_said(edited):
    drift = {"old_mean_distance": 0.4, "new_documents": 12, "new_mean_distance": 0.5, "share_divergence": 0.02}
    section = domains_section(edited("domains", "gate.json", lambda found: {**found, "drift": drift}))
    assert isinstance(section.blocks[0], Note)
    assert "12 documents came since" in section.blocks[0].text
