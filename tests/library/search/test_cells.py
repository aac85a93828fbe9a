from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.errors import ConfigError
from mixpipe.search.cells import by_domain, cell_names, cells_of
from mixpipe.search.config import SearchConfig
from mixpipe.search.survey import SURVEY
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import finish_step, open_stage
from mixpipe.store.files import read_json, read_table, write_json, write_table
from mixpipe.store.seal import seal
from mixpipe.store.stage import Context, Stage, StageConfig, Step

DOMAIN_NAMES = ("prose", "ledger", "runes")


@pytest.fixture(scope="module")
def divided(tmp_path_factory, run_search, tiny) -> Artefact:
    config = tiny.model_copy(update={"strata": 2, "method": "quadmix"})
    return seal(run_search(tmp_path_factory.mktemp("divided"), config))


def test_without_strata_cells_are_the_domains(prepared: Context):
    assert cell_names(prepared) == DOMAIN_NAMES
    name = prepared.inputs["ingest"].names()[0]
    domains = read_table(prepared.inputs["domains"].file(name), ["domain"])["domain"].to_numpy()
    rows = np.arange(len(domains))
    assert (cells_of(prepared, name, rows) == domains).all()


def test_strata_divide_each_domains_tokens(tmp_path, run_search, tiny, prepared: Context):
    config = tiny.model_copy(update={"strata": 4})
    context = run_search(tmp_path, config, until="survey").context
    whole = read_json(prepared.out / SURVEY)["available"]
    divided = np.array(read_json(context.out / SURVEY)["available"])
    assert by_domain(divided, 4).tolist() == whole
    assert (divided > 0).all()
    assert cell_names(context)[:5] == ("prose#1", "prose#2", "prose#3", "prose#4", "ledger#1")


def test_a_search_over_strata_says_shares_by_domain_and_by_stratum(divided: Artefact):
    record = read_json(divided.file("mixture.json"))
    assert record["domains"] == list(DOMAIN_NAMES)
    assert np.shape(record["strata"]) == (3, 2)
    np.testing.assert_allclose(np.sum(record["strata"], axis=1), record["weights"], atol=1e-12)
    assert sum(record["weights"]) == pytest.approx(1)
    arms = read_json(divided.file("verdict.json"))["arms"]
    assert all(len(arm["weights"]) == len(arm["epochs"]) == 3 for arm in arms.values())
    # The curves never rise with the rank: of equal strata the better one is read no less.
    trials = read_table(divided.file("trials.parquet")).to_pylist()
    tried = np.array([t["mixture"] for t in trials if t["method"] == "quadmix"]).reshape(-1, 3, 2)
    available = np.array(read_json(divided.file("survey.json"))["available"]).reshape(3, 2)
    copies = tried / available
    assert len(tried) == 6
    assert (copies[..., 1] >= copies[..., 0] * 0.99).all()


def test_a_given_mixture_brings_its_strata(tmp_path, run_search, tiny: SearchConfig, divided: Artefact):
    config = tiny.model_copy(update={"strata": 2, "mixture": str(divided.file("mixture.json"))})
    context = run_search(tmp_path, config).context
    given, found = read_json(divided.file("mixture.json")), read_json(context.out / "mixture.json")
    np.testing.assert_allclose(found["strata"], given["strata"], atol=1e-4)
    np.testing.assert_allclose(np.sum(found["strata"], axis=1), found["weights"], atol=1e-12)


def test_strata_of_a_file_without_them_are_left_out(tmp_path, run_search, tiny: SearchConfig):
    path = Path(tmp_path / "mixture.json")
    write_json(path, {"weights": [0.5, 0.3, 0.2], "domains": list(DOMAIN_NAMES)})
    config = tiny.model_copy(update={"strata": 2, "mixture": str(path)})
    assert "strata" not in read_json(run_search(tmp_path, config).context.out / "mixture.json")


def test_a_document_without_quality_is_refused(tmp_path, run_search, tiny: SearchConfig, prepared: Context):
    scores = prepared.inputs["scores"]

    def write(context: Context) -> dict[str, float]:
        for name in scores.names():
            table = read_table(scores.file(name))
            place = table.column_names.index("quality_rank")
            missing = pa.array(np.full(table.num_rows, np.nan), pa.float32())
            write_table(context.out / name, table.set_column(place, table.schema.field(place), missing), table.schema)
        return {}

    stage = Stage("scores", 1, StageConfig, (), lambda _: (Step("write", lambda _: [], lambda *_: {}, write),))
    job = open_stage(tmp_path, stage, StageConfig(), {})
    finish_step(job, job.steps[0])
    config = tiny.model_copy(update={"strata": 2})
    with pytest.raises(ConfigError, match=r"quality_rank in 0\.\.1.*search\.strata=2"):
        run_search(tmp_path, config, until="survey", scores=seal(job))
