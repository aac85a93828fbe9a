from mixpipe.report.blocks import Plot, Table
from mixpipe.report.sections.documents import documents_section


def test_reasons_stand_beside_their_sources(artefacts):
    plot, sources, said, groups, dropped, quarantine = documents_section(artefacts).blocks
    assert dropped.rows[1][0].text == "near-duplicate"
    assert isinstance(plot, Plot)
    assert "60 documents are near duplicates of one that is kept, in 17 groups" in said.text
    assert [row[0].text for row in groups.rows] == ["31", "2"]
    heads = [column.title for column in sources.columns]
    ohsumed = dict(zip(heads, sources.rows[0], strict=True))
    assert ohsumed["source"].text == "ohsumed"
    assert ohsumed["dropped: c4:curly-brace"].text == "42"
    assert [row[1].text for row in quarantine.rows] == ["120", "31"]


def test_a_crawl_of_many_sources_is_cut_and_says_so(edited):
    one = {"documents": 1, "bytes": 1, "tokens": 1, "duplicates": 0}
    many = edited("ingest", "sources.json", lambda found: {f"site-{n}": one for n in range(1200)})
    table = next(block for block in documents_section(many).blocks if isinstance(block, Table))
    assert len(table.rows) == 200
    assert "1,000 smaller ones" in table.caption


def test_before_ingest_there_is_no_section():
    assert documents_section({}) is None
