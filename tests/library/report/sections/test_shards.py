from mixpipe.report.sections.shards import shards_section


def test_the_largest_difference_is_said_and_each_is_shown(edited):
    def skew(found):
        found["domains"][0]["weight_realised"] = found["domains"][0]["weight_target"] + 0.0012
        return found

    section = shards_section(edited("shards", "dataset.json", skew))
    assert "0.120\N{NO-BREAK SPACE}percentage points" in section.lead
    assert section.blocks[1].rows[0][3].text == "+0.1200"


def test_before_the_shards_there_is_no_section():
    assert shards_section({}) is None
