import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from mixpipe.shards.recount import Recount

SCHEMA = pa.schema([("id", pa.string()), ("domain", pa.int32()), ("n_tokens", pa.int64()), ("copy", pa.int32())])


def make_rows(copies):
    rows = [(name, 0, 3, copy) for name, count in copies.items() for copy in range(count)]
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], schema=SCHEMA)


def counted(copies, parts=1):
    recount, rows = Recount(), make_rows(copies)
    for part in range(parts):
        recount.add(rows.take(pa.array(range(part, rows.num_rows, parts), pa.int64())))
    return recount


copies_of_documents = st.dictionaries(st.text(max_size=4), st.integers(1, 5), min_size=1, max_size=20)


@settings(deadline=None)  # the first call pays imports
@given(copies_of_documents, st.integers(1, 4))
def test_sums_do_not_depend_on_the_division_into_shards(copies, parts):
    one, many = counted(copies), counted(copies, parts)
    assert one.sums.tolist() == many.sums.tolist()
    assert one.rows == many.rows
    assert one.tokens == many.tokens


def test_shares_are_of_tokens():
    rows = pa.table({"id": ["a", "b"], "domain": [0, 4], "n_tokens": [1, 3], "copy": [0, 0]}, schema=SCHEMA)
    recount = Recount()
    recount.add(rows)
    assert recount.shares() == {0: 0.25, 4: 0.75}


def test_a_planned_copy_that_is_missing_is_named(documents, plan_inputs):
    plan = plan_inputs(documents(50), budget_tokens=2_000)["plan"]
    copies = {}
    for name in plan.names():
        table = pa.parquet.read_table(plan.file(name))
        copies |= {row["id"]: row["copies"] for row in table.to_pylist() if row["copies"]}
    assert counted(copies).differences(plan, lambda: iter([(0, make_rows(copies))])) == []
    victim = min(copies)
    fewer = {**copies, victim: copies[victim] - 1}
    lines = counted(fewer).differences(plan, lambda: iter([(0, make_rows(fewer))]))
    assert lines[0] == f"data: document {victim} has {fewer[victim]} copies, planned {copies[victim]}"
    assert "differ from the plan in 1 of 4096" in lines[1]


def test_phases_are_told_apart_though_all_copies_are_there(documents, plan_inputs):
    plan = plan_inputs(documents(50), budget_tokens=2_000, phases=2, max_epochs=9)["plan"]
    rows = [row for name in plan.names() for row in pa.parquet.read_table(plan.file(name)).to_pylist()]
    tables = [{}, {}]
    for row in rows:
        before = 0
        for phase, count in enumerate(row["copies_by_phase"]):
            tables[phase][row["id"]] = range(before, before + count)
            before += count

    def counted_of(phases):
        recount, made = Recount(2), []
        for phase, copies in enumerate(phases):
            listed = [(name, 0, 3, copy) for name, held in copies.items() for copy in held]
            made.append(pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in listed], SCHEMA))
            recount.add(made[phase], phase)
        return recount.differences(plan, lambda: iter(enumerate(made)))

    assert counted_of(tables) == []
    lines = counted_of(tables[::-1])
    assert any("in phase 1, planned" in line for line in lines)
    assert Recount(3).differences(plan, lambda: iter([])) == ["data: 3 phases, planned 2"]
