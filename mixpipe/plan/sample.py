"""What a maker that needs percentiles is fitted on: documents of every domain, drawn by a keyed hash.

Each part keeps the 10,000 documents of every domain whose hashes are smallest, and the smallest of all parts are the
sample: it depends on no order, and memory is that of the sample (QuaDMix takes as many; BERTIN's quartiles 100,000 in
all). A domain that was cut off at hash t has each of its sampled documents stand for 1 / t documents.
"""

import numpy as np
import pyarrow as pa

from mixpipe.plan.eligible import read_eligible
from mixpipe.plan.makers.protocol import Sample, State, fits
from mixpipe.plan.parts import document_parts, paths_of
from mixpipe.store.artefact import Counts
from mixpipe.store.draws import keyed_uniforms
from mixpipe.store.files import read_arrays, read_table, write_arrays, write_table
from mixpipe.store.stage import Context, Part, Step

__all__ = ["STATE_FILE", "read_state", "sample_step"]

SAMPLE_DOCUMENTS = 10_000
STATE_FILE = "state.npz"


def plan_sample(context: Context) -> list[Part]:
    """List one part per part of documents."""
    return document_parts(context, "sample")


def run_sample(context: Context, part: Part) -> Counts:
    """Keep the eligible documents with the smallest hashes."""
    found = read_eligible(context, str(part.spec["part"])).candidates
    uniforms = keyed_uniforms(found.ids, f"plan:sample:{context.config.seed}")
    columns = {"id": found.ids, "domain": found.domains, "n_tokens": found.tokens, "uniform": uniforms, **found.columns}
    table = _smallest(pa.table({**columns, "id": pa.array(found.ids, pa.string())}))
    write_table(context.out / f"{part.name}.parquet", table, table.schema)
    return {}


def finish_sample(context: Context) -> Counts:
    """Fit the maker."""
    maker, total = context.config.chosen, None
    for path in paths_of(context, "sample"):
        table = read_table(path)
        total = table if total is None else _smallest(pa.concat_tables([total, table]))
    assert total is not None and fits(maker)  # there is no stage without a part, and no such step for other makers
    names = read_table(context.inputs["domains"].file("domains.parquet"), ["domain", "name"]).sort_by("domain")
    state: State = {}
    if total.num_rows:
        state = maker.fit(_as_sample(total, maker.columns, names["name"].to_pylist()))
    write_arrays(context.out / STATE_FILE, **state)
    return {}


def read_state(context: Context) -> State:
    """Return what the maker was fitted on comes to; nothing for one that learns nothing."""
    return read_arrays(context.out / STATE_FILE) if fits(context.config.chosen) else {}


def sample_step() -> Step:
    """Return the step."""
    return Step("sample", plan_sample, run_sample, finish_sample, keep=False)


def _smallest(table: pa.Table) -> pa.Table:
    """Return the rows of the smallest hashes in each domain, by domain and hash."""
    table = table.sort_by([("domain", "ascending"), ("uniform", "ascending"), ("id", "ascending")])
    domain = table["domain"].to_numpy()
    place = np.arange(len(domain)) - np.searchsorted(domain, domain)
    return table.filter(pa.array(place < SAMPLE_DOCUMENTS))


def _as_sample(table: pa.Table, columns: tuple[str, ...], names: list[str]) -> Sample:
    domain, uniform = table["domain"].to_numpy(), table["uniform"].to_numpy()
    size = np.bincount(domain, minlength=len(names))
    largest = np.zeros(len(names))
    np.maximum.at(largest, domain, uniform)
    weight = np.where(size < SAMPLE_DOCUMENTS, 1.0, 1 / np.maximum(largest, np.finfo(np.float64).tiny))
    return Sample(
        ids=table["id"].to_pylist(),
        domains=domain,
        tokens=table["n_tokens"].to_numpy(),
        columns={column: table[column].to_numpy() for column in columns},
        names=names,
        weights=weight[domain],
    )
