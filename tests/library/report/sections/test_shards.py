from mixpipe.report.sections.shards import shards_section


def test_the_largest_difference_is_said_and_each_is_shown(edited):
    def skew(found):
        found["domains"][0]["weight_realised"] = found["domains"][0]["weight_target"] + 0.0012
        return found

    section = shards_section(edited("shards", "dataset.json", skew))
    assert "0.120\N{NO-BREAK SPACE}percentage points" in section.lead
    assert section.blocks[1].rows[0][3].text == "+0.1200"


def test_licences_have_a_table_where_they_were_looked_for(artefacts, edited):
    rows = shards_section(artefacts).blocks[2].rows
    assert [(row[0].text, row[1].text) for row in rows] == [
        ("1", "named in the first or last 100 characters"),
        ("3", "not named"),
    ]
    assert rows[0][4].text.startswith("25")
    assert len(shards_section(edited("shards", "dataset.json", lambda r: {**r, "licence_tiers": []})).blocks) == 2


def test_before_the_shards_there_is_no_section():
    assert shards_section({}) is None
