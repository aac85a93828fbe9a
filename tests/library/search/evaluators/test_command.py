import json
import os
import re
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mixpipe.errors import ConfigError
from mixpipe.search.config import CommandConfig, SearchConfig
from mixpipe.search.evaluators import evaluator_identity
from mixpipe.search.evaluators.command import Command
from mixpipe.search.evaluators.protocol import Measured, ProxyData

EXAMPLE = Path(__file__).resolve().parents[4] / "docs" / "examples" / "trainer"
MIXTURE = np.array([0.5, 0.25, 0.25])
GOOD = '{"losses": {"code": 1, "law": 2.5, "verse": 3}}'
# What the trainers of these tests begin with: `asked`, and `out` to write to.
HEAD = "import json, os, signal, subprocess, sys, time\nasked = json.load(open('mixture.json'))\nout = asked['out']\n"


def ran(data: ProxyData, tmp_path: Path, body: str, *, minutes: float = 1, retries: int = 0) -> Measured:
    """Measure a mixture by a trainer of these lines."""
    script = tmp_path / "trainer.py"
    script.write_text(HEAD + body)
    command = CommandConfig(argv=(sys.executable, "-S", str(script)), minutes=minutes, retries=retries)
    return Command().measure(replace(data, command=command), MIXTURE, tokens=3000, seed=7)


def failed(found: Measured) -> str:
    """Return the status of a run without losses."""
    assert np.isnan(found.target_losses).all() and found.target_losses.shape == (3,)
    assert np.isnan(found.domain_losses).all() and found.domain_losses.shape == (3,)
    assert (found.model_size, found.tokens) == (0, 3000)
    return found.status


def test_the_worked_example_learns_what_it_is_given(data: ProxyData) -> None:
    command = CommandConfig(argv=(sys.executable, str(EXAMPLE / "train.py"), "{mixture}"))
    found = Command().measure(replace(data, command=command), np.eye(3)[1], tokens=10_000, seed=1)
    assert (found.status, found.tokens) == ("ok", 10_000)
    assert found.model_size == 40 * 64 + 6 * 64 * 65
    assert np.argmin(found.target_losses) == 1 and np.isfinite(found.target_losses).all()
    assert np.isfinite(found.domain_losses).tolist() == [True, True, False]
    # Two bytes a token: 0.66 is the entropy of the language, 1.79 is what knowing its twelve tokens gives.
    assert 0.66 < found.target_losses[1] < 1.4


def test_what_is_to_be_maximised_is_negated_at_the_door(data: ProxyData) -> None:
    writes = f"import json; json.dump({GOOD}, open('losses.json', 'w'))"
    command = CommandConfig(argv=(sys.executable, "-S", "-c", writes), maximise=("law",))
    found = Command().measure(replace(data, command=command), MIXTURE, tokens=3000, seed=7)
    assert found.target_losses.tolist() == [1, -2.5, 3]


def test_the_readme_of_the_example_names_what_mixture_json_has(data: ProxyData, tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    ran(data, tmp_path, f"open({str(kept)!r}, 'w').write(json.dumps(asked))")
    asked, readme = json.loads(kept.read_text()), (EXAMPLE / "README.md").read_text()
    keys = {*asked, *asked["targets"][0], *asked["held_out"][0]}
    assert [key for key in sorted(keys) if f"`{key}`" not in readme] == []


def test_the_command_gets_mixture_data_and_where_to_write(data: ProxyData, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    found = ran(
        data,
        tmp_path,
        f"import shutil\nshutil.copytree(asked['data'], {str(kept)!r})\n"
        f"json.dump(asked, open({str(kept / 'asked.json')!r}, 'w'))\nopen(out, 'w').write('''{GOOD}''')",
    )
    assert found.status == "ok" and found.target_losses.tolist() == [1, 2.5, 3]
    assert np.isnan(found.domain_losses).all() and found.model_size == 0
    asked = json.loads((kept / "asked.json").read_text())
    assert asked["weights"] == {"0": 0.5, "1": 0.25, "2": 0.25}
    assert asked["domains"] == ["prose", "ledger", "runes/../x"]
    assert (asked["tokens"], asked["seed"], asked["vocabulary"], asked["end_of_text"]) == (3000, 7, 40, 39)
    for number, pool in enumerate(data.pools):
        np.testing.assert_array_equal(np.load(kept / f"domain-{number:03d}.npy"), pool)
    for owner, texts in enumerate(asked["targets"]):
        tokens, starts = np.load(kept / texts["file"]), texts["starts"]
        assert texts["name"] == data.target_names[owner] and texts["n_bytes"] == data.targets.n_bytes[owner]
        assert (tokens[starts[:-1]] == 39).all() and starts[-1] == len(tokens)
        chosen = np.repeat(data.targets.owners, np.diff(data.targets.starts)) == owner
        np.testing.assert_array_equal(tokens, data.targets.tokens[chosen])
    assert [texts["domain"] for texts in asked["held_out"]] == [0, 1]


def test_tokens_are_little_endian_and_as_wide_as_they_must_be(data: ProxyData, tmp_path: Path) -> None:
    wide = replace(data, pools=tuple(pool.astype(">u4") for pool in data.pools))
    kept = tmp_path / "kept"
    ran(wide, tmp_path, f"import shutil\nshutil.copytree(asked['data'], {str(kept)!r})")
    assert np.load(kept / "domain-000.npy").dtype.str == "<u4"
    assert np.load(kept / "targets" / "law.npy").dtype.str == "<u2"


def test_places_are_filled_into_the_arguments(data: ProxyData, tmp_path: Path) -> None:
    body = f"assert sys.argv[1] == '--out=' + out and sys.argv[2] == asked['data'] and sys.argv[3] == '{{x}}'\n" \
           f"assert os.path.samefile(sys.argv[4], 'mixture.json')\nopen(out, 'w').write('''{GOOD}''')"  # fmt: skip
    script = tmp_path / "trainer.py"
    script.write_text(HEAD + body)
    argv = (sys.executable, "-S", str(script), "--out={out}", "{data}", "{x}", "{mixture}")
    command = CommandConfig(argv=argv, retries=0)
    assert Command().measure(replace(data, command=command), MIXTURE, tokens=9, seed=0).status == "ok"


def test_what_is_known_of_domains_and_size_is_kept(data: ProxyData, tmp_path: Path) -> None:
    record = {**json.loads(GOOD), "domain_losses": {"1": 4, "0": None}, "model_size": 12}
    found = ran(data, tmp_path, f"open(out, 'w').write('''{json.dumps(record)}''')")
    np.testing.assert_array_equal(found.domain_losses, [np.nan, 4, np.nan])
    assert found.model_size == 12


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise ValueError('\\x1b[31mno GPU')", r"exit code 1; .* words: ValueError: .*no GPU; tries: 2"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "found signal 11; tries: 2"),
        ("print(os.getcwd())", "expected losses in the file that mixture.json calls `out`, found none; .*: ./try-1; "),
        ("os.mkdir(out)", "found none; tries: 2"),
        ("sys.stdout.buffer.write(b'\\xff' * 9999)\nsys.exit(3)", "exit code 3; its last words: \ufffd{200}; tries: 2"),
    ],
)  # fmt: skip
def test_a_run_that_fails_is_tried_again_and_then_a_status(
    data: ProxyData, tmp_path: Path, body: str, message: str
) -> None:
    count = tmp_path / "count"
    status = failed(ran(data, tmp_path, f"open({str(count)!r}, 'a').write('x')\n{body}", retries=1))
    assert re.search(f"^command: .*{message}", status)
    assert count.read_text() == "xx"
    assert str(tmp_path) not in status and "mixpipe-trial" not in status


def test_a_second_try_may_succeed_in_a_fresh_folder(data: ProxyData, tmp_path: Path) -> None:
    once = tmp_path / "once"
    body = f"assert sorted(os.listdir('.')) == ['mixture.json', 'output.txt']\n" \
           f"if not os.path.exists({str(once)!r}):\n    open({str(once)!r}, 'w'); open('left', 'w'); sys.exit(1)\n" \
           f"open(out, 'w').write('''{GOOD}''')"  # fmt: skip
    assert ran(data, tmp_path, body, retries=1).status == "ok"


# Waits for a signal; its own comes after a minute, so that nothing is left behind where the test fails.
HANG = "signal.alarm(60); signal.pause()"


def still_runs(pid: int) -> bool:
    """Tell whether a process that is not ours to wait for still runs."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] not in "ZX"


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are looked up in /proc")
@pytest.mark.parametrize("end", [HANG, "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: pass", ""])
def test_what_hangs_or_is_left_behind_is_killed_with_all_it_started(data: ProxyData, tmp_path: Path, end: str) -> None:
    pids = tmp_path / "pids"
    body = f"child = subprocess.Popen([sys.executable, '-S', '-c', 'import signal; {HANG}'])\n" \
           f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n{end}\n" \
           f"open(out, 'w').write('''{GOOD}''')"  # fmt: skip
    started = time.monotonic()
    found = ran(data, tmp_path, body, minutes=2 / 60)
    assert time.monotonic() - started < 20
    if end:
        assert failed(found).startswith("command: expected an end within 0.0333333 minutes (search.command.minutes)")
    else:
        assert found.status == "ok"
    deadline = time.monotonic() + 5  # a killed orphan is gone when init has looked after it
    while any(still_runs(int(pid)) for pid in pids.read_text().split()) and time.monotonic() < deadline:
        os.sched_yield()
    assert not [pid for pid in pids.read_text().split() if still_runs(int(pid))]


@pytest.mark.parametrize(
    ("losses", "message"),
    [
        ("", "expected JSON in losses.json, found Expecting value"),
        ("{not json", "expected JSON in losses.json"),
        ("[" * 100_000, "expected JSON in losses.json, found maximum recursion"),
        ("[1, 2, 3]", 'expected {"losses": {name: bits per byte}} in losses.json, found [1, 2, 3]'),
        ("7", "in losses.json, found 7"),
        ("{}", "in losses.json, found None"),
        ('{"losses": [1, 2, 3]}', "in losses.json, found [1, 2, 3]"),
        (
            '{"losses": {"code": 1, "verse": 3, "Law": 2}}',
            "expected losses of the targets code, law, verse in losses.json, found none of law but of code, verse, Law",
        ),
        ('{"losses": {}}', "found none of code, law, verse but of nothing"),
        (GOOD.replace("2.5", "NaN"), "expected a finite number at losses.law in losses.json, found nan"),
        (GOOD.replace("2.5", "-Infinity"), "at losses.law in losses.json, found -inf"),
        (GOOD.replace("2.5", "1e999"), "at losses.law in losses.json, found inf"),
        (GOOD.replace("2.5", "9" * 400), "at losses.law in losses.json, found 999"),
        (GOOD.replace("2.5", '"2.5"'), "at losses.law in losses.json, found '2.5'"),
        (GOOD.replace("2.5", "true"), "at losses.law in losses.json, found True"),
        (GOOD.replace("2.5", "null"), "at losses.law in losses.json, found None"),
        (GOOD[:-1] + ', "domain_losses": {"prose": 1}}', "by number, 0 to 2, in losses.json, found prose"),
        (GOOD[:-1] + ', "domain_losses": {"1": "x"}}', "at domain_losses.1 in losses.json, found 'x'"),
        (GOOD[:-1] + ', "domain_losses": [1]}', 'expected {"domain_losses": {name: bits per byte}}'),
        (GOOD[:-1] + ', "domain_losses": []}', 'expected {"domain_losses": {name: bits per byte}}'),
        (GOOD[:-1] + ', "model_size": 1.5}', "expected a count at model_size in losses.json, found 1.5"),
        (GOOD[:-1] + f', "model_size": {"9" * 40}}}', "expected a count at model_size in losses.json, found 999"),
    ],
)
def test_losses_of_a_wrong_form_are_refused_at_once(data: ProxyData, tmp_path: Path, losses: str, message: str) -> None:
    count, written = tmp_path / "count", tmp_path / "written"
    written.write_text(losses)
    body = f"open({str(count)!r}, 'a').write('x')\nopen(out, 'w').write(open({str(written)!r}).read())"
    status = failed(ran(data, tmp_path, body, retries=3))
    assert status.startswith("command: ") and message in status and len(status) < 600
    assert count.read_text() == "x"


def test_a_program_that_cannot_be_run_is_a_status(data: ProxyData, tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("no program")
    for program in ("no-such-program", str(tmp_path / "plain"), "nul\0"):
        command = CommandConfig(argv=(program,), retries=0)
        found = Command().measure(replace(data, command=command), MIXTURE, tokens=3000, seed=0)
        assert failed(found).startswith("command: expected a program that can be run, found [")


def identity(*argv: str, **changes: object) -> object:
    config = SearchConfig.model_validate(
        {"budget_tokens": 9, "evaluator": "command", "command": {"argv": argv, **changes}}
    )
    return evaluator_identity(config)


def test_a_command_is_known_by_the_content_of_its_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text("the same")
    assert identity("sh", str(tmp_path / "one")) == identity("sh", str(tmp_path / "two"))
    assert identity("sh", f"--x={tmp_path / 'one'}") == identity("sh", f"--x={tmp_path / 'two'}")
    (tmp_path / "two").write_text("another")
    assert identity("sh", str(tmp_path / "one")) != identity("sh", str(tmp_path / "two"))
    assert identity("sh", f"--x={tmp_path / 'one'}") != identity("sh", f"--y={tmp_path / 'one'}")
    assert identity("sh", "-c", "x" * 5000) == {"command": ["sh", "-c", "x" * 5000], "maximise": []}
    assert identity("sh", maximise=("code",)) != identity("sh")
    assert identity("sh", minutes=1, retries=5) == identity("sh")


def test_only_the_evaluator_that_runs_it_has_a_command() -> None:
    for changes in ({"evaluator": "transformer"}, {"evaluator": "ngram"}, {"mixture": "x.json"}):
        values = {"budget_tokens": 9, "evaluator": "command", "command": {"argv": ["x"]}, **changes}
        assert evaluator_identity(SearchConfig.model_validate(values)) == {}


def test_a_command_that_is_not_there_is_refused_beforehand() -> None:
    with pytest.raises(ConfigError, match=r"search\.command\.argv: expected a program and its arguments, found none"):
        identity()
    with pytest.raises(ConfigError, match=r"search\.command\.argv: .*can be run, found 'no-such-program'"):
        identity("no-such-program")
