from mixpipe.report.blocks import Cell, number, row_of


def test_plain_text_becomes_a_cell():
    cell = Cell("a", colour="#112233")
    assert row_of(cell, "b") == [cell, Cell("b")]


def test_a_number_is_sorted_by_its_value():
    assert number("1.24 k", 1240.0, tone="bad") == Cell("1.24 k", sort=1240.0, tone="bad")
