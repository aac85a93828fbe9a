from pathlib import Path

from mixpipe.runs.frozen import frozen_config
from mixpipe.runs.run import Run


def learnt(config):
    return (config.ingest.tokenizer, config.domains.frozen, config.scores.frozen, config.search.mixture)


def test_the_first_time_nothing_is_frozen(config, tmp_path):
    assert frozen_config(config, tmp_path, "toy") == config


def test_a_first_build_that_was_stopped_is_done_again_in_full(config, tmp_path):
    Run(config=config, root=tmp_path, name="toy").begin()
    assert frozen_config(config, tmp_path, "toy") == config


def test_what_a_run_has_learnt_is_taken_over(make_run, config, tmp_path, upstream_of):
    make_run(config)
    frozen = frozen_config(config, tmp_path, "toy")
    assert learnt(frozen) == (
        str(upstream_of["ingest"].file("tokenizer.json")),
        str(upstream_of["domains"].path),
        str(upstream_of["scores"].path),
        str(upstream_of["search"].file("mixture.json")),
    )
    assert frozen.ingest.paths == config.ingest.paths
    assert frozen.plan == config.plan


def test_a_refresh_that_was_stopped_forgets_nothing(make_run, config, tmp_path):
    make_run(config)
    frozen = frozen_config(config, tmp_path, "toy")
    Run(config=frozen, root=tmp_path, name="toy").begin()  # and killed before any stage
    assert learnt(frozen_config(config, tmp_path, "toy")) == learnt(frozen)


def test_a_refresh_that_was_stopped_in_another_place_of_the_root_goes_by_what_lies_in_this_one(
    make_run, config, tmp_path
):
    make_run(config)
    Run(config=frozen_config(config, tmp_path, "toy"), root=tmp_path, name="toy").begin()
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("artifacts", "runs"):
        (tmp_path / name).rename(moved / name)
    frozen = frozen_config(config, moved, "toy")
    assert [Path(place).is_relative_to(moved) and Path(place).exists() for place in learnt(frozen)] == [True] * 4
