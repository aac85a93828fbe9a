"""The `mixpipe` command.

Only `run`, `serve` and `demo` load Prefect, Ray or torch; everything else answers from files in under a second. Exit
codes: 0 ok, 1 the run failed, 2 wrong usage, configuration or input (one line), 3 verify found damage, 130 or
143 stopped by Ctrl-C or SIGTERM. With `--json` one JSON document goes to stdout and nothing else; progress goes to
stderr.
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from mixpipe import __version__
from mixpipe.errors import ConfigError, MixpipeError

__all__ = ["app", "main"]

EXIT_DAMAGE = 3

app = typer.Typer(
    name="mixpipe",
    help="From an unlabelled corpus to ready-to-train shards, in the mixture found by experiment.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

ConfigPath = Annotated[Path, typer.Argument(help="the configuration, YAML", metavar="CONFIG")]
RunFolder = Annotated[str, typer.Argument(help="the run: ROOT/runs/NAME", metavar="RUN_DIR")]
RunPlace = Annotated[str, typer.Argument(help="the run: ROOT/runs/NAME, a path or a URL", metavar="RUN_DIR")]
Root = Annotated[str, typer.Option(help="the store: a folder, or a URL such as s3://bucket/folder")]
Settings = Annotated[list[str] | None, typer.Option("--set", help="section.key=value, may be repeated")]
AsJson = Annotated[bool, typer.Option("--json", help="print one JSON document and nothing else")]


def main() -> None:
    """Run the command line; turn every error raised on purpose into one line and an exit code."""
    try:
        app()
    except MixpipeError as error:
        print(f"mixpipe: {printable(str(error))}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("mixpipe: stopped; the same command goes on from here", file=sys.stderr)
        sys.exit(130)


def printable(text: str) -> str:
    """Escape what could steer a terminal: file names and texts are not ours."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def show(value: Mapping[str, Any], as_json: bool, lines: Callable[[], list[str]]) -> None:
    """Print a result as JSON or as lines for people."""
    print(json.dumps(value, indent=2, sort_keys=True) if as_json else "\n".join(lines()))


def local(place: str) -> Path:
    """Return the path of a run on this machine; refuse a URL."""
    if "://" in place:
        raise ConfigError(
            f"expected a folder of this machine, found {place}; status, verify, explain, export take URLs"
        )
    return Path(place)


@app.command(epilog="Example: `mixpipe init mix.yaml --corpus data/ --target medicine=held_out/medicine.jsonl`")
def init(
    config: Annotated[Path, typer.Argument(help="the file to write", metavar="CONFIG")] = Path("mixpipe.yaml"),
    corpus: Annotated[list[str] | None, typer.Option(help="a file, folder or glob of documents")] = None,
    target: Annotated[list[str] | None, typer.Option(help="NAME=PATH of a held-out set")] = None,
    budget_tokens: Annotated[int, typer.Option(min=1, help="tokens of the training run")] = 1_000_000_000,
) -> None:
    """Write a commented configuration with every key, its default and its meaning."""
    from mixpipe.runs.template import write_template

    write_template(
        config, corpus=corpus or ["corpus/"], targets=target or ["example=targets/example.jsonl"], budget=budget_tokens
    )
    print(f"wrote {config}; next: mixpipe plan {config}")


@app.command(epilog="Example: `mixpipe doctor`")
def doctor(as_json: AsJson = False) -> None:
    """Check this machine: versions, cores, memory, disk, accelerator, model, and what to do about what is wrong."""
    from mixpipe.runs.doctor import check_machine

    checks = check_machine()
    rows = {check.name: {"ok": check.ok, "found": check.found, "remedy": check.remedy} for check in checks}
    show(rows, as_json, lambda: [check.line() for check in checks])
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


@app.command(epilog="Example: `mixpipe plan mix.yaml --set search.rounds=[8,4]`")
def plan(config: ConfigPath, settings: Settings = None, as_json: AsJson = False) -> None:
    """Say what a run would cost before anything runs: documents, tokens, trials, minutes, memory, disk."""
    from mixpipe.config import load_config
    from mixpipe.runs.forecast import forecast
    from mixpipe.runs.preflight import preflight

    loaded = load_config(config, settings)
    corpus = preflight(loaded)
    expected = forecast(loaded, corpus)
    show(expected.as_json(), as_json, expected.lines)


@app.command(epilog="Example: `mixpipe run mix.yaml --name first --set budget_tokens=2000000000`")
def run(
    config: ConfigPath,
    root: Root = ".mixpipe",
    name: Annotated[str | None, typer.Option(help="the run's name; none: the configuration's")] = None,
    settings: Settings = None,
    engine: Annotated[str | None, typer.Option(help="`ray` or `local`")] = None,
    until: Annotated[str, typer.Option(help="the last stage to run")] = "shards",
    prefect: Annotated[bool, typer.Option(help="run as a Prefect flow, watched in its UI")] = True,
    as_json: AsJson = False,
) -> None:
    """Run the pipeline; killed or stopped, the same command goes on where it was."""
    from flows.stopping import stoppable

    with stoppable():
        from mixpipe.config import load_config
        from mixpipe.runs.preflight import check_stage, preflight

        overrides = [*(settings or []), *([f"engine.kind={engine}"] if engine else [])]
        loaded = load_config(config, overrides)
        last = check_stage(until)
        preflight(loaded)
        from flows.launch import launch

        outcome = launch(loaded, root=root, name=name or config.stem, until=last, with_prefect=prefect)
    show(outcome.as_json(), as_json, outcome.lines)


@app.command(epilog="Example: `mixpipe status .mixpipe/runs/first`")
def status(run_dir: RunPlace, as_json: AsJson = False) -> None:
    """Say what a run has done: per stage sealed or under way, parts, documents, tokens, seconds, memory."""
    from mixpipe.runs.remote import STATUS, run_copy
    from mixpipe.runs.status import run_status
    from tasks.bar import transferred

    with run_copy(run_dir, STATUS, transferred) as folder:
        found = run_status(folder)
    show(found.as_json(), as_json, found.lines)


@app.command(epilog="Example: `mixpipe explain .mixpipe/runs/first 3f2a9c01`")
def explain(
    run_dir: RunPlace,
    document: Annotated[str, typer.Argument(help="its id or the beginning of one, or its id in the input")],
    as_json: AsJson = False,
) -> None:
    """Tell one document's whole story: where from, domain, scores, reasons, copies, shards."""
    from mixpipe.runs.explain import explain_document
    from mixpipe.runs.remote import EXPLAIN, run_copy
    from tasks.bar import transferred

    with run_copy(run_dir, EXPLAIN, transferred) as folder:
        found = explain_document(folder, document)
    show(
        {"documents": [story.as_json() for story in found]},
        as_json,
        lambda: [printable(line) for story in found for line in (*story.lines(), "")][:-1],
    )


@app.command(epilog="Example: `mixpipe report .mixpipe/runs/first`")
def report(run_dir: RunFolder, as_json: AsJson = False) -> None:
    """Write the run's report.html anew, from its artefacts."""
    from mixpipe.report.page import write_report
    from mixpipe.runs.run import load_artefacts

    folder = local(run_dir)
    path = folder / "report.html"
    write_report(load_artefacts(folder), path, title=folder.resolve().name)
    show({"report": str(path)}, as_json, lambda: [f"wrote {path}"])


@app.command(epilog="Example: `mixpipe verify .mixpipe/runs/first`")
def verify(
    run_dir: Annotated[
        str, typer.Argument(help="the run: ROOT/runs/NAME, or a copy of its train/; a path or a URL", metavar="RUN_DIR")
    ],
    as_json: AsJson = False,
) -> None:
    """Re-read every shard, recount tokens per domain, re-hash; exit code 3 and the reason when something is off."""
    from mixpipe.runs.check import verify_folder
    from mixpipe.runs.remote import VERIFY, run_copy
    from tasks.bar import transferred

    with run_copy(run_dir, VERIFY, transferred) as folder:
        found = verify_folder(folder)
    show(found.as_json(), as_json, found.lines)
    if found.problems:
        raise typer.Exit(EXIT_DAMAGE)


@app.command(epilog="Example: `mixpipe diff .mixpipe/runs/first .mixpipe/runs/second`")
def diff(
    run_dir: RunFolder,
    other: Annotated[str, typer.Argument(help="another run's folder", metavar="OTHER_RUN_DIR")],
    as_json: AsJson = False,
) -> None:
    """Say in what two runs differ: settings, inputs, stages rebuilt, domains, mixture, hardware."""
    from mixpipe.runs.compare import compare_runs

    found = compare_runs(local(run_dir), local(other))
    show(found.as_json(), as_json, found.lines)


@app.command(epilog="Example: `mixpipe replay --fit runs.csv --surrogate all` or `mixpipe replay --pool runs.csv`")
def replay(
    fit: Annotated[Path | None, typer.Option(help="recorded runs to fit surrogates on, CSV")] = None,
    score: Annotated[Path | None, typer.Option(help="runs to score on; none: cross-validation over --fit")] = None,
    pool: Annotated[Path | None, typer.Option(help="recorded runs to replay searches over, CSV")] = None,
    fit_where: Annotated[str | None, typer.Option(help="narrows --fit or --pool: model_params == 1000000")] = None,
    score_where: Annotated[str | None, typer.Option(help="narrows --score")] = None,
    target: Annotated[list[str] | None, typer.Option(help="a target (y: column); none: all; may be repeated")] = None,
    maximise: Annotated[list[str] | None, typer.Option(help="a target of which more is better")] = None,
    surrogate: Annotated[str, typer.Option(help="a surrogate, several with commas, or `all`")] = "all",
    method: Annotated[str, typer.Option(help="a method, several with commas, or `all`")] = "all",
    budget: Annotated[int, typer.Option(min=1, help="runs of a replayed search")] = 100,
    batch: Annotated[int, typer.Option(min=1, help="runs that are chosen together")] = 5,
    seeds: Annotated[int, typer.Option(min=1, help="searches by each method; ways to cut the folds")] = 5,
    objective: Annotated[str, typer.Option(help="of a search: `standardised` or `mean` over targets")] = "standardised",
    figure: Annotated[
        Path | None, typer.Option(help="where to draw: png, svg or pdf; none: replay.png, or nothing with --json")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge surrogates (--fit) or searches (--pool) on recorded training runs: columns w:DOMAIN and y:TARGET."""
    from mixpipe.search.replay.command import Asked, Searches, replay_pool, replay_surrogates

    if (fit is None) == (pool is None):
        raise ConfigError("expected one of --fit RUNS.csv and --pool RUNS.csv; see `mixpipe replay --help`")
    if score is None and score_where is not None:
        raise ConfigError("expected --score-where with --score, found it alone")
    if fit is None and score is not None:
        raise ConfigError("expected --score with --fit, found it with --pool")
    drawn = figure or (None if as_json else Path("replay.png"))
    asked = {"targets": tuple(target or ()), "maximise": tuple(maximise or ())}

    def say(line: str) -> None:
        print(line, file=sys.stderr)

    if fit is not None:
        scored = None if score is None else Asked(score, score_where, **asked)
        found = replay_surrogates(Asked(fit, fit_where, **asked), scored, surrogate, seeds=seeds, figure=drawn, say=say)
    else:
        place = Asked(Path(str(pool)), fit_where, **asked)
        found = replay_pool(place, method, Searches(budget, batch, seeds, objective), figure=drawn, say=say)
    show(found.record, as_json, found.lines)


@app.command(epilog="Example: `mixpipe methods --json`")
def methods(as_json: AsJson = False) -> None:
    """List the methods of search with family, cost, paper and needs, then scorers, plan makers and other plug-ins."""
    from mixpipe.runs.catalogue import catalogue

    found = catalogue()
    show(found.as_json(), as_json, found.lines)


@app.command(epilog="Example: `mixpipe export .mixpipe/runs/first --to megatron --out blend/ --simulate`")
def export(
    run_dir: Annotated[
        str, typer.Argument(help="the run: ROOT/runs/NAME, or its train/; a path or a URL", metavar="RUN_DIR")
    ],
    to: Annotated[str, typer.Option(help="a trainer that `mixpipe formats` lists")],
    out: Annotated[Path | None, typer.Option(help="a folder for the files; none: they are printed")] = None,
    sequence_length: Annotated[int, typer.Option(min=1, help="tokens of a training sequence")] = 4096,
    batch_size: Annotated[int | None, typer.Option(min=1, help="sequences in a step; for phases")] = None,
    location: Annotated[
        str | None,
        typer.Option(help="where a domain lies: {folder}/{id}/{shard}, of {folder}, {id}, {name}, {shard}, {shards}"),
    ] = None,
    prefix: Annotated[str, typer.Option(help="a folder or URL before every location")] = "",
    unit: Annotated[str | None, typer.Option(help="`documents` or `sequences`, where a trainer draws either")] = None,
    phase: Annotated[str | None, typer.Option(help="the only phase to export")] = None,
    mixture: Annotated[
        Path | None, typer.Option(help="other shares for shards by domain: a mixture.json, or shares by domain name")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="of the trainer's draws")] = 0,
    simulate: Annotated[bool, typer.Option("--simulate", help="say which shares the trainer will really read")] = False,
    check: Annotated[bool, typer.Option("--check", help="refuse where a domain's files are not there")] = False,
    as_json: AsJson = False,
) -> None:
    """Write the mixture for a trainer, in its own unit: its blend file, and the token shares it will really give."""
    from mixpipe.runs.export import Asked, export_blend
    from mixpipe.runs.remote import EXPORT, run_copy
    from mixpipe.shards.exporters.protocol import Settings as ExportSettings
    from mixpipe.shards.exporters.protocol import known_unit
    from tasks.bar import transferred

    settings = ExportSettings(sequence_length, batch_size, location, prefix, known_unit(unit), seed)
    if check:
        local(run_dir)
    with run_copy(run_dir, EXPORT, transferred) as folder:
        found = export_blend(folder, to, settings, Asked(out, phase, mixture, simulate, check))
    show(found.as_json(), as_json, lambda: [printable(line) for line in found.lines()])


@app.command(epilog="Example: `mixpipe clean .mixpipe/runs/first --base models/small --reference models/tuned`")
def clean(
    run_dir: RunFolder,
    base: Annotated[str, typer.Option(help="the causal language model that is to be trained: folder or hub name")],
    reference: Annotated[str, typer.Option(help="the same after training on better data: folder or hub name")],
    out: Annotated[
        Path | None, typer.Option(help="a folder for the result, new or of an earlier one; none: RUN_DIR/cleaned")
    ] = None,
    keep: Annotated[float, typer.Option(help="share of response tokens that keep their labels")] = 0.6,
    scope: Annotated[str, typer.Option(help="`global`: the best tokens of all; `sample`: of each document")] = "global",
    window: Annotated[int, typer.Option(help="tokens read as one stretch, if both models can")] = 2048,
    response_after: Annotated[
        str | None, typer.Option(help="what stands before a response; none: every token is of one")
    ] = None,
    prompt_after: Annotated[str | None, typer.Option(help="what stands before the next prompt, if any")] = None,
    special_tokens: Annotated[
        bool,
        typer.Option("--special-tokens", help="what documents spell like special tokens, as chats do, is these"),
    ] = False,
    engine: Annotated[str | None, typer.Option(help="`ray` or `local`; none: the run's")] = None,
    as_json: AsJson = False,
) -> None:
    """Label the tokens worth learning: those that a reference model finds easier than the base model."""
    from flows.stopping import stoppable

    with stoppable():
        from mixpipe.config import load_config
        from mixpipe.runs.run import read_run
        from mixpipe.shards.cleaning.config import cleaning_config
        from tasks.clean import clean as clean_run

        folder = local(run_dir)
        settings = {"base": base, "reference": reference, "keep": keep, "scope": scope, "window": window}
        template = {"response_after": response_after, "prompt_after": prompt_after, "special_tokens": special_tokens}
        config = cleaning_config({**settings, **template})
        read_run(folder)  # what is no run is said to be none
        asked = load_config(folder / "config.yaml", [f"engine.kind={engine}"] if engine else [])
        found = clean_run(folder, config, asked.engine, out or folder / "cleaned")
    show(found.as_json(), as_json, lambda: [printable(line) for line in found.lines()])


@app.command(epilog="Example: `mixpipe formats --json`")
def formats(as_json: AsJson = False) -> None:
    """List the formats of shards, and the trainers that `export` knows with unit, phases and what they need."""
    from mixpipe.runs.formats import registered_forms

    found = registered_forms()
    show(found.as_json(), as_json, found.lines)


@app.command(epilog="Example: `mixpipe serve mix.yaml --cron '0 3 * * *'`")
def serve(
    config: ConfigPath,
    root: Root = ".mixpipe",
    cron: Annotated[str, typer.Option(help="when to look for new files")] = "0 3 * * *",
    settings: Settings = None,
) -> None:
    """Keep a scheduled deployment running on this machine: each time, only new files are processed."""
    from mixpipe.config import load_config
    from mixpipe.runs.preflight import preflight

    loaded = load_config(config, settings)
    preflight(loaded)
    from flows.launch import serve_refresh

    serve_refresh(loaded, root=root, name=config.stem, cron=cron)


@app.callback(invoke_without_command=True)
def about(version: Annotated[bool, typer.Option("--version", help="print the version")] = False) -> None:
    """Print the version, when asked."""
    if version:
        print(f"mixpipe {__version__}")
        raise typer.Exit
