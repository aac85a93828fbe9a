import pytest

from mixpipe.errors import InputError
from mixpipe.plan.config import PlanConfig
from mixpipe.runs.run import Run
from mixpipe.runs.status import run_status
from mixpipe.search.tally import Tally
from mixpipe.stages import STAGES, load_stage
from mixpipe.store.build import finish_step, open_stage, run_part
from mixpipe.store.files import read_json, write_json


def begin_stage(run, stage, *, steps=1):
    """Run the first steps of a stage and leave it as a killed run would; return the number of parts."""
    job = open_stage(run.root, load_stage(stage), run.config.section(stage), run.artefacts())
    done = 0
    for step in job.steps[:steps]:
        for part in job.plan(step):
            run_part(job, step, part)
            done += 1
        finish_step(job, step)
    return done


def state_of(run, stage):
    found = next(found for found in run_status(run.folder).stages if found.stage == stage)
    return found.state, found.parts


def test_a_finished_stage_says_what_it_counted(make_run, config):
    run = make_run(config)
    plan = next(stage for stage in run_status(run.folder).stages if stage.stage == "plan")
    assert (plan.state, plan.parts, plan.documents, plan.seconds) == ("sealed", 2, 150, 1.5)
    assert plan.tokens == run.artefacts()["plan"].counts["tokens"]
    assert plan.peak_mib > 10


def test_a_stage_from_the_store_says_what_building_it_took_in_whichever_run(make_run, config):
    run = make_run(config)
    artefacts, other = run.artefacts(), Run(config=config, root=run.root, name="other")
    for again in (run, other):
        again.begin()
        for stage, artefact in artefacts.items():
            again.add(stage, artefact, 0.01, built=False)
        found = {stage.stage: stage.seconds for stage in run_status(again.folder).stages}
        assert found["plan"] == found["shards"] == 1.5


def test_a_stage_under_way_counts_the_parts_that_are_done(make_run, config):
    run = make_run(config, until="search")
    assert state_of(run, "plan") == ("waiting", 0)
    parts = begin_stage(run, "plan", steps=2)
    assert parts == 4
    assert state_of(run, "plan") == ("under way", 4)


def test_parts_in_a_folder_are_counted_too(make_run, config):
    run = make_run(config, until="plan")
    parts = begin_stage(run, "shards", steps=2)
    assert parts > 4
    assert state_of(run, "shards") == ("under way", parts)


def test_unfinished_work_of_another_run_is_not_counted(make_run, config):
    run = make_run(config, until="search")
    begin_stage(run, "plan")
    other = make_run(
        config.model_copy(update={"plan": config.plan.model_copy(update={"seed": 7})}), "other", until="search"
    )
    assert state_of(other, "plan") == ("waiting", 0)
    fresh = Run(config=config, root=run.root, name="fresh")
    fresh.begin()
    assert state_of(fresh, "plan") == ("waiting", 0)  # the same settings, but nothing to work on yet


def test_proxies_and_experts_are_counted_apart(make_run, config):
    run = make_run(config)
    manifest = run.artefacts()["search"].path / "manifest.json"
    record = read_json(manifest)
    steps = ["noise", "noise", "experts", "round-1", "final"]
    record["parts"] = [
        {"step": step, "name": f"{step}-{n}", "identity": "", "files": [], "counts": {}} for n, step in enumerate(steps)
    ]
    write_json(manifest, record)
    found = run_status(run.folder)
    assert found.trials == Tally(proxies=4, experts=1)
    assert found.lines()[-1] == "trials   4 proxies and 1 expert"
    assert found.as_json()["trials"] == {"proxies": 4, "experts": 1, "mixed": 0}


def test_a_search_that_skipped_rounds_says_why(make_run, config):
    run = make_run(config)
    judged = {"round": "round-1", "gain": 0.02, "floor": 0.31, "stops": True}
    write_json(run.artefacts()["search"].path / "round-1.json", {"outlook": judged})
    found = run_status(run.folder)
    assert found.lines()[-1] == "stopped  after round-1: gain foreseen 0.020, below two noise deviations, 0.310"
    assert found.as_json()["stop"] == judged


def test_a_status_is_json_and_lines(make_run, config):
    status = run_status(make_run(config, until="search").folder)
    assert status.as_json()["stages"][0]["stage"] == "targets"
    head, columns, *rows = status.lines()
    assert head == "run toy"
    assert len(rows) == len(STAGES)
    assert all(len(row) <= len(columns) for row in rows)


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(InputError, match="<root>/runs/<name>"):
        run_status(tmp_path)


def test_phases_are_told_with_the_epochs_of_every_domain(make_run, config):
    late = {"domain-0": 0.25, "domain-1": 0.75}
    phases = ({"name": "early", "share": 0.75}, {"name": "late", "share": 0.25, "mixture": late})
    plan = PlanConfig(budget_tokens=config.budget_tokens, phases=phases)
    run = make_run(config.model_copy(update={"plan": plan}))
    found = run_status(run.folder)
    assert [phase.name for phase in found.phases.phases] == ["early", "late"]
    lines = found.lines()
    (head,) = (number for number, line in enumerate(lines) if line.startswith("epochs"))
    assert lines[head].split() == ["epochs", "early", "late"]
    assert lines[head + 3].split()[::2] == ["domain-2", "0.00"]
    assert found.as_json()["phases"]["phases"][1]["epochs"].keys() == {0, 1}


def test_a_plan_of_one_phase_tells_none(make_run, config):
    assert run_status(make_run(config).folder).phases is None
