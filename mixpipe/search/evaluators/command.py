"""The user's own trainer: any program that reads a mixture and writes losses.

Each try runs in a fresh folder, which is its working directory and holds `mixture.json`:

- `weights`: share of tokens by domain number, as text; `domains`: the domains' names by number;
- `tokens` and `seed` of the run;
- `data`: a folder with `domain-000.npy` and so on, each the tokens that may be read of a domain (uint16 or uint32,
  little endian), documents one after the other in the order that a proxy would take them, each behind `end_of_text`;
  a domain that is to be read beyond its end is read again; `vocabulary`: tokens in the vocabulary;
- `targets`: of each its `name`, the `file` in `data` with its tokens, `starts` (where each document begins, with its
  end-of-text, and the end of the last) and `n_bytes`, the bytes of its texts; `held_out`: the same by `domain`;
- `out`: where to write `{"losses": {target: bits per byte}}`, with `domain_losses` (by domain number) and `model_size`
  where they are known. Lower is better, but for the targets of `search.command.maximise`, which are negated here.

The command and all it started are killed as one process group at the end of its time, and when it ends itself. A
crash, a time-out and a run without losses are tried again; losses of a wrong form are not, for they would come again.
What still fails is a status. Not caught: a process that leaves the group, and the command of a killed worker.
"""

import json
import math
import os
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import numpy as np

from mixpipe.errors import ConfigError
from mixpipe.search.config import CommandConfig, SearchConfig, argument_file
from mixpipe.search.evaluators.protocol import Evaluator, Measured, ProxyData
from mixpipe.search.texts import Texts
from mixpipe.search.trials import OK
from mixpipe.store.files import whole_file, write_json
from mixpipe.store.fingerprint import Json, file_digest

__all__ = ["Command"]

LOSSES, OUTPUT = "losses.json", "output.txt"
# Of what a command printed last, and of what it wrote wrongly: enough to know the fault by.
SHOWN = 200
LARGEST_SIZE = 1 << 62


class _FailedError(Exception):
    """A try ended without losses."""


class _WrongFormError(Exception):
    """The losses cannot be understood."""


@dataclass(frozen=True)
class Command(Evaluator):
    """The user's command, as an evaluator."""

    reads_outside: ClassVar[bool] = True

    @staticmethod
    def outside(config: SearchConfig) -> dict[str, Json]:
        """Return the command with the digests of the files it names.

        Raises:
            ConfigError: there is no command, or no such program.
        """
        argv = config.command.argv
        if not argv:
            raise ConfigError("search.command.argv: expected a program and its arguments, found none")
        if shutil.which(argv[0]) is None:
            raise ConfigError(f"search.command.argv: expected a program that can be run, found {argv[0]!r}")
        return {"command": [_by_content(argument) for argument in argv], "maximise": [*sorted(config.command.maximise)]}

    def measure(self, data: ProxyData, mixture: np.ndarray, *, tokens: int, seed: int) -> Measured:
        """Hand over mixture and data, run the command and read its losses."""
        with TemporaryDirectory(prefix="mixpipe-trial-", ignore_cleanup_errors=True) as place:
            folder = Path(place)
            asked: dict[str, Json] = {
                "weights": {str(number): float(share) for number, share in enumerate(mixture)},
                "domains": data.domain_names,
                "tokens": tokens,
                "seed": seed,
                "vocabulary": data.vocabulary,
                "end_of_text": int(data.targets.tokens[0]),
                **_write_data(folder / "data", data),
            }
            try:
                losses = _tried(folder, data.command, asked)
                return Measured(*_measured(losses, data), tokens, OK)
            except (_FailedError, _WrongFormError) as error:
                nothing = np.full(len(data.target_names), np.nan), np.full(len(data.domain_names), np.nan)
                return Measured(*nothing, 0, tokens, f"command: {error}")


def _write_data(folder: Path, data: ProxyData) -> dict[str, Json]:
    """Write the tokens of domains, targets and held-out texts; return where they lie."""
    for number, pool in enumerate(data.pools):
        _write_tokens(folder / f"domain-{number:03d}.npy", pool)
    targets: list[Json] = [
        {"name": name, **_write_texts(folder, f"targets/{name}.npy", data.targets, number)}
        for number, name in enumerate(data.target_names)
    ]
    held_out: list[Json] = [
        {"domain": number, **_write_texts(folder, f"held_out/domain-{number:03d}.npy", data.held_out, number)}
        for number in range(len(data.pools))
        if data.held_out.n_bytes[number] > 0
    ]
    return {"data": str(folder), "targets": targets, "held_out": held_out}


def _write_texts(folder: Path, name: str, texts: Texts, owner: int) -> dict[str, Json]:
    first, last = np.searchsorted(texts.owners, [owner, owner + 1])
    starts = texts.starts[first : last + 1]
    _write_tokens(folder / name, texts.tokens[starts[0] : starts[-1]])
    return {"file": name, "starts": (starts - starts[0]).tolist(), "n_bytes": int(texts.n_bytes[owner])}


def _write_tokens(path: Path, tokens: np.ndarray) -> None:
    with whole_file(path) as scratch, scratch.open("wb") as handle:
        np.save(handle, tokens.astype(tokens.dtype.newbyteorder("<")), allow_pickle=False)


def _tried(folder: Path, command: CommandConfig, asked: dict[str, Json]) -> Path:
    """Run the command until it has written losses or there are no tries left; return where they are."""
    for number in range(command.retries + 1):
        own = folder / f"try-{number}"
        out, mixture = own / LOSSES, own / "mixture.json"
        write_json(mixture, {**asked, "out": str(out)})
        paths = {"{mixture}": str(mixture), "{data}": str(asked["data"]), "{out}": str(out)}
        try:
            _run([_filled(argument, paths) for argument in command.argv], own, command.minutes)
            if not out.is_file():
                raise _FailedError(f"expected losses in the file that mixture.json calls `out`, found none{_said(own)}")
            return out
        except _FailedError as error:
            fault = error
    raise _FailedError(f"{fault}; tries: {command.retries + 1}")


def _filled(argument: str, paths: dict[str, str]) -> str:
    for mark, path in paths.items():
        argument = argument.replace(mark, path)
    return argument


def _run(argv: list[str], folder: Path, minutes: float) -> None:
    """Run a command in its own process group, which is killed at the end whatever happens."""
    with (folder / OUTPUT).open("wb") as output:
        try:
            child = subprocess.Popen(
                argv,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise _FailedError(f"expected a program that can be run, found {argv[:1]}: {error}") from error
        try:
            code = child.wait(minutes * 60)
        except subprocess.TimeoutExpired as error:
            raise _FailedError(
                f"expected an end within {minutes:g} minutes (search.command.minutes), found it still running"
                f"{_said(folder)}"
            ) from error
        finally:
            # It leads its group, whose number stays taken as long as one of the group lives.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    if code:
        found = f"signal {-code}" if code < 0 else f"exit code {code}"
        raise _FailedError(f"expected exit code 0, found {found}{_said(folder)}")


def _said(folder: Path) -> str:
    """Return the last line that a command printed, without the place of its folder."""
    with (folder / OUTPUT).open("rb") as handle:
        handle.seek(max(handle.seek(0, os.SEEK_END) - (1 << 14), 0))
        text = handle.read().decode("utf-8", errors="replace").replace(str(folder.parent), ".")
    lines = ["".join(char if char.isprintable() else " " for char in line).strip() for line in text.splitlines()]
    last = next((line for line in reversed(lines) if line), "")
    return f"; its last words: {last[:SHOWN]}" if last else ""


def _measured(path: Path, data: ProxyData) -> tuple[np.ndarray, np.ndarray, int]:
    """Return losses of targets (m,) and of domains (k,), and the model's size."""
    try:
        record: Any = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise _WrongFormError(f"expected JSON in {LOSSES}, found {_shown(str(error))}") from error
    by_target = _mapping(record, "losses", record.get("losses") if isinstance(record, dict) else record)
    given = record.get("domain_losses")
    by_domain = _mapping(record, "domain_losses", {} if given is None else given)
    missing = [name for name in data.target_names if name not in by_target]
    if missing:
        raise _WrongFormError(
            f"expected losses of the targets {', '.join(data.target_names)} in {LOSSES}, found none of "
            f"{', '.join(missing)} but of {_shown(', '.join(by_target)) or 'nothing'}"
        )
    numbers = [str(number) for number in range(len(data.domain_names))]
    unknown = sorted(by_domain.keys() - set(numbers))
    if unknown:
        raise _WrongFormError(
            f"expected domain_losses by number, 0 to {len(numbers) - 1}, in {LOSSES}, "
            f"found {_shown(', '.join(unknown))}"
        )
    size = record.get("model_size", 0)
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= LARGEST_SIZE:
        raise _WrongFormError(f"expected a count at model_size in {LOSSES}, found {_shown(repr(size))}")
    signs = {name: -1 if name in data.command.maximise else 1 for name in data.target_names}
    targets = [sign * _number(by_target[name], f"losses.{name}") for name, sign in signs.items()]
    known = {name: value for name, value in by_domain.items() if value is not None}
    domains = [_number(known[n], f"domain_losses.{n}") if n in known else math.nan for n in numbers]
    return np.array(targets), np.array(domains), size


def _mapping(record: object, key: str, found: object) -> dict[str, Any]:
    if not isinstance(record, dict) or not isinstance(found, dict):
        raise _WrongFormError(f'expected {{"{key}": {{name: bits per byte}}}} in {LOSSES}, found {_shown(repr(found))}')
    return found


def _number(value: object, where: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        with suppress(OverflowError):
            if math.isfinite(value):
                return float(value)
    raise _WrongFormError(f"expected a finite number at {where} in {LOSSES}, found {_shown(repr(value))}")


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _by_content(argument: str) -> str:
    named = argument_file(argument, Path())
    if named is None:
        return argument
    before, path = named
    try:
        return f"{before}sha256:{file_digest(path)}"
    except OSError as error:
        raise ConfigError(f"search.command.argv: expected a file that can be read, found {path}: {error}") from error
