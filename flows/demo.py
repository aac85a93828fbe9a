"""The demo: a corpus from the text that is on this machine already, and the whole pipeline over it.

The standard library's source, C headers, package documentation and licences are four kinds of text that every machine
with Python has; nothing of it is stored in the project. Three held-out targets of different kinds are taken out by
whole package or module, so that no target text has a copy in the corpus.
"""

import email.parser
import hashlib
import json
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from flows.cli import printable
from flows.launch import launch
from flows.stopping import stoppable
from mixpipe.config import RunConfig, load_config
from mixpipe.errors import MixpipeError
from mixpipe.runs.preflight import preflight
from mixpipe.store.files import write_text

__all__ = ["main"]

HOME = Path(".demo")
MOST_CHARACTERS = 12_000  # longer files are cut: a few huge tables would outweigh everything else
LEAST_CHARACTERS = 200
HELD_OUT = 12  # one module or package in twelve goes to the targets
MOST_PER_KIND = 400  # keeps the demo to a few minutes
CONFIG = Path("deployments/configs/demo.yaml")


def main() -> None:
    """Make the corpus, run the pipeline, say what came out."""
    try:
        make_corpus(HOME / "data")
        write_text(HOME / "demo.yaml", CONFIG.read_text(encoding="utf-8"))
        config: RunConfig = load_config(HOME / "demo.yaml")
        preflight(config)
        with stoppable():
            outcome = launch(config, root=str(HOME / "store"), name="demo", until="shards", with_prefect=True)
        print("\n".join(outcome.lines()))
    except MixpipeError as error:
        print(f"mixpipe: {printable(str(error))}", file=sys.stderr)
        sys.exit(error.exit_code)


def make_corpus(folder: Path) -> None:
    """Write `corpus/<kind>.jsonl` and `targets/<kind>.jsonl`, once."""
    if (folder / "targets").is_dir():
        return
    for kind, texts in KINDS.items():
        kept: list[str] = []
        held: list[str] = []
        for owner, text in texts():
            line = json.dumps({"id": f"{kind}/{owner}", "text": text[:MOST_CHARACTERS]}, ensure_ascii=True)
            (held if is_held_out(owner) else kept).append(line)
        write_text(folder / "corpus" / f"{kind}.jsonl", "\n".join(chosen(kept)) + "\n")
        if kind in TARGETS:
            write_text(folder / "targets.part" / f"{kind}.jsonl", "\n".join(chosen(held)) + "\n")
    (folder / "targets.part").rename(folder / "targets")


def is_held_out(owner: str) -> bool:
    """Tell whether the texts of this package or module belong to the targets."""
    return keyed(owner.partition("/")[0]) % HELD_OUT == 0


def chosen(lines: list[str]) -> list[str]:
    """Return at most MOST_PER_KIND lines, spread over all of them, in a fixed order."""
    return sorted(lines, key=keyed)[:MOST_PER_KIND]


def keyed(text: str) -> int:
    """Return a fixed number for a text."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest(), "big")


def source_files() -> Iterator[tuple[str, str]]:
    """Yield modules of the standard library."""
    library = Path(sysconfig.get_path("stdlib"))
    for path in sorted(library.rglob("*.py")):
        owner = path.relative_to(library).as_posix()
        if not owner.startswith(("site-packages/", "test/", "idlelib/", "lib2to3/")):
            yield from read(owner.replace(".py", ""), path)


def headers() -> Iterator[tuple[str, str]]:
    """Yield C and C++ headers of Python and of the installed packages."""
    for root in (Path(sysconfig.get_path("include")), Path(sysconfig.get_path("purelib"))):
        for path in sorted(root.rglob("*.h"))[: 4 * MOST_PER_KIND]:
            yield from read(path.relative_to(root).as_posix(), path)


def licences() -> Iterator[tuple[str, str]]:
    """Yield the licence files of the installed packages."""
    packages = Path(sysconfig.get_path("purelib"))
    for path in sorted(packages.glob("*.dist-info/**/*")):
        if path.is_file() and path.name.upper().startswith(("LICEN", "COPYING", "NOTICE", "AUTHORS")):
            yield from read(path.relative_to(packages).as_posix(), path)


def documentation() -> Iterator[tuple[str, str]]:
    """Yield the descriptions of the installed packages and the docstrings' home, their Markdown and text files."""
    packages = Path(sysconfig.get_path("purelib"))
    for path in sorted(packages.glob("*.dist-info/METADATA")):
        text = path.read_text(encoding="utf-8", errors="strict")
        body = email.parser.Parser().parsestr(text).get_payload()
        if isinstance(body, str):
            yield from pieces(path.parent.name, body)
    for suffix in ("*.md", "*.rst"):
        for path in sorted(packages.rglob(suffix)):
            if ".dist-info" not in path.as_posix():
                yield from read(path.relative_to(packages).as_posix(), path)


def pieces(owner: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield a long text in parts that end where a paragraph ends."""
    part = ""
    for paragraph in text.split("\n\n"):
        part += paragraph + "\n\n"
        if len(part) >= MOST_CHARACTERS // 4:
            yield owner, part
            part = ""
    if len(part) >= LEAST_CHARACTERS:
        yield owner, part


def read(owner: str, path: Path) -> Iterator[tuple[str, str]]:
    """Yield a file's text, when it is UTF-8 and long enough."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    if len(text) >= LEAST_CHARACTERS:
        yield owner, text


KINDS = {"python": source_files, "headers": headers, "licences": licences, "documentation": documentation}
TARGETS = ("python", "headers", "documentation")

if __name__ == "__main__":
    main()
