from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mixpipe.search.config import SearchConfig
from mixpipe.search.survey import SURVEY, eligible, pool_tokens
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_json, read_table
from mixpipe.store.stage import Context


def all_rows(context: Context) -> pa.Table:
    """Every document with its domain and its reason, straight from the tables."""
    tables = []
    for name in context.inputs["ingest"].names():
        table = read_table(context.inputs["ingest"].file(name), ["id", "n_tokens", "duplicate"])
        table = table.append_column("domain", read_table(context.inputs["domains"].file(name))["domain"])
        tables.append(table.append_column("reason", read_table(context.inputs["scores"].file(name))["drop_reason"]))
    return pa.concat_tables(tables)


def test_available_leaves_out_duplicates_and_dropped(prepared: Context) -> None:
    rows = all_rows(prepared)
    kept = rows.filter(pc.and_(pc.is_null(rows["reason"]), pc.invert(rows["duplicate"])))
    assert rows.num_rows - kept.num_rows == 2
    expected = [pc.sum(kept.filter(pc.equal(kept["domain"], d))["n_tokens"]).as_py() for d in range(3)]
    assert read_json(prepared.out / SURVEY)["available"] == expected


def test_copies_of_the_targets_are_not_read(prepared: Context, seal_target: Callable[[pa.Table], Artefact]) -> None:
    name = prepared.inputs["ingest"].names()[0]
    before = eligible(prepared, name)
    copied = read_table(prepared.inputs["ingest"].file(name)).take([int(before.rows[0])])
    after = eligible(replace(prepared, inputs={**prepared.inputs, "targets": seal_target(copied)}), name)
    assert after.rows.tolist() == before.rows[1:].tolist()


def test_the_line_lets_enough_tokens_through(prepared: Context) -> None:
    survey = read_json(prepared.out / SURVEY)
    through = np.zeros(3)
    for name in prepared.inputs["ingest"].names():
        found = eligible(prepared, name)
        above = found.bin >= np.array(survey["line"])[found.cell]
        np.add.at(through, found.cell[above], found.n_tokens[above])
    assert (through >= np.minimum(np.add(survey["pool"], survey["held_out"]), survey["available"])).all()


def test_pools_repeat_as_the_target_run_would(tiny: SearchConfig) -> None:
    config = tiny.model_copy(update={"budget_tokens": 1_000_000})
    available = np.array([10_000_000, 500_000, 900])
    pools = pool_tokens(available, 40_000, config)
    share = np.array([0.3, 0.6, 0.1])
    epochs, target = share * 40_000 / pools, share * 1_000_000 / available
    np.testing.assert_allclose(epochs[:2], target[:2], rtol=1e-3)
    # Too small a pool would be learnt by heart: eight sequences at least, and never more than there is.
    assert pools[2] == 8 * (config.proxy.context + 1)
    assert pool_tokens(np.array([100]), 40_000, config) == 100


def test_no_proxy_is_longer_than_the_run(tiny: SearchConfig) -> None:
    short = tiny.model_copy(update={"budget_tokens": 2000, "final_scale": 2.0})
    assert (short.proxy_tokens, short.final_tokens) == (2000, 2000)
    between = short.model_copy(update={"budget_tokens": 4000})
    assert (between.proxy_tokens, between.final_tokens) == (3000, 4000)
    assert short.model_copy(update={"budget_tokens": 60_000}).final_tokens == 6000


def test_ranks_do_not_depend_on_the_part(prepared: Context) -> None:
    names = prepared.inputs["ingest"].names()
    first = eligible(prepared, names[0])
    again = eligible(replace(prepared), names[0])
    np.testing.assert_array_equal(first.rank, again.rank)
    assert ((first.rank >= 0) & (first.rank < 1)).all()
