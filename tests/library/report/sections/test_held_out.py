from mixpipe.report.sections.held_out import held_out_section


def test_sets_and_stretches_are_listed(artefacts):
    section = held_out_section(artefacts)
    assert "239 texts of 2 held-out sets" in section.lead
    assert "9 documents share a passage or more with one, 0 are dropped for it. 4 of the items" in section.lead
    sets, matches = section.blocks
    assert [cell.text for cell in sets.rows[0]][1:] == ["39", "4", "5", "2", "0", "1", "0"]
    (row,) = matches.rows
    assert [row[0].text, row[4].text] == ["leak:item", "1,300"]
    assert row[5].text.startswith("What ")


def test_without_documents_that_leak_the_sets_stand_alone(edited):
    found = edited("scores", "examples.json", lambda record: {**record, "dropped": {}})
    assert len(held_out_section(found).blocks) == 1


def test_before_scores_there_is_no_section():
    assert held_out_section({}) is None
