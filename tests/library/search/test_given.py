import json
from pathlib import Path

import numpy as np
import pytest

from mixpipe.errors import ConfigError
from mixpipe.search.config import SearchConfig
from mixpipe.search.given import given_identity
from mixpipe.search.stage import SEARCH
from mixpipe.store.artefact import Artefact
from mixpipe.store.build import Job, finish_step, open_stage, run_part
from mixpipe.store.files import read_json, read_table
from mixpipe.store.seal import seal
from mixpipe.tables import TRIALS

SHARES = {"runes": 0.125, "prose": 0.625, "ledger": 0.25}


def own_form(shares: dict[str, float]) -> object:
    return {"domains": list(shares), "weights": list(shares.values())}


def plan_form(shares: dict[str, float]) -> object:
    return {
        "phases": [{"name": "main", "share": 1.0, "domains": [{"name": n, "weight": w} for n, w in shares.items()]}]
    }


def given(tmp_path: Path, tiny: SearchConfig, record: object, **changes: object) -> SearchConfig:
    path = tmp_path / "mixture.json"
    path.write_text(record if isinstance(record, str) else json.dumps(record))
    return tiny.model_copy(update={"mixture": str(path), "budget_tokens": 20_000, **changes})


def taken(root: Path, config: SearchConfig, upstream: dict[str, Artefact]) -> Artefact:
    job = open_stage(root, SEARCH, config, upstream)
    assert isinstance(job, Job)
    for step in job.steps:
        for part in job.pending(step, job.plan(step)):
            run_part(job, step, part)
        finish_step(job, step)
    return seal(job)


@pytest.mark.parametrize("form", [own_form, plan_form])
def test_shares_go_to_the_domains_of_their_names(
    tmp_path: Path, tiny: SearchConfig, upstream: dict[str, Artefact], form: object
) -> None:
    assert callable(form)
    found = taken(tmp_path, given(tmp_path, tiny, form(SHARES)), upstream)
    mixture, search = read_json(found.file("mixture.json")), read_json(found.file("search.json"))
    assert mixture == {"domains": ["prose", "ledger", "runes"], "weights": [0.625, 0.25, 0.125]}
    assert search == {"given": SHARES, "largest_change": 0}
    trials = read_table(found.file("trials.parquet"))
    assert trials.schema.equals(TRIALS) and trials.num_rows == 0
    assert not found.names("verdict.json")


def test_a_domain_that_is_not_named_or_has_no_share_gets_none(
    tmp_path: Path, tiny: SearchConfig, upstream: dict[str, Artefact]
) -> None:
    # A domain that is gone may stay in the file while its share is 0.
    found = taken(tmp_path, given(tmp_path, tiny, own_form({"prose": 0.75, "ledger": 0.25, "gone": 0})), upstream)
    assert read_json(found.file("mixture.json"))["weights"] == [0.75, 0.25, 0]


def test_a_mixture_above_its_caps_is_projected_and_says_by_how_much(
    tmp_path: Path, tiny: SearchConfig, upstream: dict[str, Artefact]
) -> None:
    config = given(tmp_path, tiny, own_form({"runes": 1.0}), max_epochs=4)
    found = taken(tmp_path, config, upstream)
    available = np.array(read_json(found.file("survey.json"))["available"])
    weights = np.array(read_json(found.file("mixture.json"))["weights"])
    caps = np.minimum(1, 4 * available / 20_000)
    assert caps[2] < 0.9
    assert weights.sum() == 1 and weights[2] == pytest.approx(caps[2], abs=1e-4)
    # The nearest mixture under the caps shares what is left equally between the others, which ask for nothing.
    assert weights[:2] == pytest.approx((1 - caps[2]) / 2, abs=1e-4)
    assert read_json(found.file("search.json"))["largest_change"] == pytest.approx(1 - caps[2], abs=1e-4)


def test_of_several_phases_it_is_the_mixture_over_all(
    tmp_path: Path, tiny: SearchConfig, upstream: dict[str, Artefact]
) -> None:
    phases = [
        {"name": "early", "share": 0.75, "domains": [{"name": "prose", "weight": 1.0}]},
        {"name": "late", "share": 0.25, "domains": [{"name": "ledger", "weight": 1.0}]},
    ]
    found = taken(tmp_path, given(tmp_path, tiny, {"phases": phases}), upstream)
    assert read_json(found.file("mixture.json"))["weights"] == [0.75, 0.25, 0]


def test_a_mixture_of_other_domains_is_refused(
    tmp_path: Path, tiny: SearchConfig, upstream: dict[str, Artefact]
) -> None:
    with pytest.raises(ConfigError, match="expected shares of the domains prose, ledger, runes, found verse"):
        taken(tmp_path, given(tmp_path, tiny, own_form({"prose": 0.5, "verse": 0.5})), upstream)


def test_identity_is_the_shares_and_not_where_they_lie(tmp_path: Path, tiny: SearchConfig) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    config = given(tmp_path, tiny, own_form(SHARES))
    assert given_identity(config) == given_identity(given(other, tiny, plan_form(SHARES)))
    assert given_identity(config) != given_identity(given(other, tiny, own_form({"prose": 1.0})))
    assert given_identity(tiny) == {}
    assert "mixture" not in config.identity()
