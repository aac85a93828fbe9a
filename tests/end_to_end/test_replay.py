"""`mixpipe replay` and `mixpipe methods` as their user meets them."""

import json

import numpy as np
import pytest
from matplotlib.figure import Figure
from typer.testing import CliRunner

from flows.cli import app, main
from mixpipe.search.methods import METHODS
from mixpipe.search.replay.figures import draw_gaps


@pytest.fixture
def runs(tmp_path):
    rng = np.random.default_rng(0)
    lines = ["run_id,scale,w:a,w:b,y:x,y:z"]
    for number in range(60):
        share = rng.random()
        lines.append(f"r{number},{number % 2},{share:.4f},{1 - share:.4f},{2 - share:.4f},{1 + share**2:.4f}")
    path = tmp_path / "runs.csv"
    path.write_text("\n".join(lines))
    return path


def said(*arguments):
    done = CliRunner().invoke(app, [*map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_surrogates_are_judged_as_json_in_the_form_promised(runs):
    found = json.loads(
        said(
            "replay",
            "--fit",
            runs,
            "--fit-where",
            "scale == 0",
            "--score",
            runs,
            "--score-where",
            "scale == 1",
            "--json",
        )
    )
    auto = found["surrogates"]["auto"]
    assert auto["targets"].keys() == {"x", "z"}
    assert auto["targets"]["x"].keys() == {"spearman", "mse", "r2", "regret"} == auto["mean"].keys()
    assert auto["mean"]["spearman"] > 0.95
    assert auto["seconds"] > 0


def test_searches_are_replayed_as_json_in_the_form_promised(runs):
    arguments = ("--method", "random,bayesian", "--budget", 40, "--seeds", 2, "--json")
    found = json.loads(said("replay", "--pool", runs, *arguments))
    assert found["methods"].keys() == {"random", "bayesian"}
    left = found["methods"]["bayesian"]["gap_left"]
    assert left.keys() == {"20", "40"}
    assert 0 <= left["40"]["mean"] <= left["20"]["mean"]
    assert left["40"].keys() == {"mean", "sd"}


def test_a_method_without_variants_is_listed_once(runs, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["mixpipe", "replay", "--pool", str(runs), "--method", "magic"])
    with pytest.raises(SystemExit):
        main()
    listed = capsys.readouterr().err.partition("among ")[2].split(", ")
    assert "regmix" in listed and len(set(listed)) == len(listed)


def test_a_search_of_one_checkpoint_is_drawn_from_zero(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(Figure, "savefig", lambda figure, *_, **__: drawn.append(figure))
    draw_gaps({"random": {"20": {"mean": 0.4, "sd": 0.1}}}, tmp_path / "gaps.png")
    axes = drawn[0].axes[0]
    assert (axes.get_xlim()[0], axes.get_xticks().tolist()) == (0, [20])


def test_people_get_a_table_and_a_figure(runs, tmp_path):
    figure = tmp_path / "new" / "figure.svg"
    shown = said("replay", "--fit", runs, "--surrogate", "ridge,gp", "--target", "x", "--seeds", 1, "--figure", figure)
    assert shown.splitlines()[0].split() == ["surrogate", "spearman", "sd", "mse", "r2", "regret", "seconds"]
    assert "cross-validation grouped by mixture" in shown
    assert figure.read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "expected one of --fit RUNS.csv and --pool RUNS.csv"),
        (["--fit", "gone.csv"], "gone.csv"),
        (["--fit", "RUNS", "--score-where", "suite == one"], "found it alone"),
        (["--pool", "RUNS", "--score", "RUNS"], "found it with --pool"),
        (["--fit", "RUNS", "--surrogate", "oracle"], "among auto"),
        (["--pool", "RUNS", "--method", "magic"], "among bayesian"),
        (["--fit", "RUNS", "--target", "y:w"], "expected targets among x, z"),
        (["--fit", "RUNS", "--fit-where", "size == 1"], "found 'size'"),
        (["--fit", "RUNS", "--surrogate", "gp", "--figure", "a.xyz"], "png, svg or pdf"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(arguments, message, runs, monkeypatch, capsys):
    arguments = [str(runs) if argument == "RUNS" else argument for argument in arguments]
    monkeypatch.setattr("sys.argv", ["mixpipe", "replay", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code in {1, 2}
    assert message in capsys.readouterr().err


def test_methods_are_listed_with_what_they_are():
    found = json.loads(said("methods", "--json"))
    assert found["methods"].keys() == METHODS.keys()
    assert found["methods"]["climb"]["variants"] == ["paper", "recipe"]
    assert "auto" in found["surrogates"]
    assert "transformer" in found["evaluators"]
    assert "arXiv 2504.13161" in said("methods")
