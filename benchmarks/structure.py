"""The shape of the code in figures: what the house style asks to be counted.

Lines count blanks and comments. A module is mirrored when the tests hold a file of its name, `test_<module>.py`; files
that only hold constants, protocols, a registry or a declaration have nothing to test and are listed instead. The time
to import is the least of five fresh processes.

    python -m benchmarks.structure
"""

import ast
import io
import json
import statistics
import subprocess
import sys
import time
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = ("mixpipe", "tasks", "flows")
FORBIDDEN_NAMES = ("utils", "helpers", "common", "misc", "manager", "handler", "_v2", "_new", "_final")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def measure() -> dict[str, Any]:
    files = [path for folder in LIBRARY for path in modules(ROOT / folder)]
    tests = list(modules(ROOT / "tests"))
    functions = [(path, node) for path in files for node in walk(path) if isinstance(node, Function)]
    return {
        "files": len(files),
        "lines": {folder: sum(map(lines, modules(ROOT / folder))) for folder in (*LIBRARY, "tests", "benchmarks")},
        "lines_per_file": spread([lines(path) for path in files]),
        "longest_files": dict(sorted(((name(path), lines(path)) for path in files), key=lambda item: -item[1])[:5]),
        "lines_per_function": spread([length(node) for _, node in functions]),
        "most_arguments": most_arguments(functions),
        "return_types": share([node.returns is not None for _, node in functions]),
        "public_docstrings": share([bool(ast.get_docstring(node)) for _, node in public(files)]),
        "module_headers": share([bool(header(path)) for path in files]),
        "header_lines": spread([len(header(path).splitlines()) for path in files]),
        "comments_per_100_lines": round(100 * sum(map(comments, files)) / sum(map(lines, files)), 2),
        "test_ratio": round(sum(map(lines, tests)) / sum(map(lines, files)), 2),
        "mirrored": mirrored(files, tests),
        "scheduler_imports_in_mixpipe": sum(imports(path, ("prefect", "ray")) for path in modules(ROOT / "mixpipe")),
        "numpy_imports_in_tasks_and_flows": sum(
            imports(path, ("numpy",)) for folder in ("tasks", "flows") for path in modules(ROOT / folder)
        ),
        "except_exception": sum("except Exception" in path.read_text() for path in files),
        "globals": sum(isinstance(node, ast.Global) for path in files for node in walk(path)),
        "forbidden_names": [name(path) for path in files if any(word in path.stem for word in FORBIDDEN_NAMES)],
        "sleeps_in_tests": sum("time.sleep(" in path.read_text() for path in tests),
        "import_seconds": min(import_seconds() for _ in range(5)),
    }


def modules(folder: Path) -> Iterator[Path]:
    """Yield the non-empty modules of a folder."""
    yield from (path for path in sorted(folder.rglob("*.py")) if path.read_text().strip())


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def walk(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text()))


def header(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text())) or ""


def length(node: Function) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def public(files: list[Path]) -> list[tuple[Path, Any]]:
    """Return the functions and classes at the top of a module, and methods of such classes, that are not private."""
    found = []
    for path in files:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
                found.append((path, node))
                inner = node.body if isinstance(node, ast.ClassDef) else []
                found += [(path, n) for n in inner if isinstance(n, Function) and not n.name.startswith("_")]
    return found


def most_arguments(functions: list[tuple[Path, Function]]) -> dict[str, int]:
    counts = {}
    for path, node in functions:
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        counts[f"{name(path)}:{node.name}"] = len([a for a in arguments if a.arg not in ("self", "cls")])
    return dict(sorted(counts.items(), key=lambda item: -item[1])[:3])


def comments(path: Path) -> int:
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text()).readline)
    return sum(token.type == tokenize.COMMENT for token in tokens)


def mirrored(files: list[Path], tests: list[Path]) -> dict[str, Any]:
    tested = {path.stem.removeprefix("test_") for path in tests}
    with_code = [path for path in files if any(isinstance(node, Function) for node in walk(path))]
    missing = [name(path) for path in with_code if path.stem not in tested and path.name != "__init__.py"]
    return {"share": round(1 - len(missing) / len(with_code), 3), "without": missing}


def imports(path: Path, packages: tuple[str, ...]) -> int:
    found = [node for node in walk(path) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [alias.name for node in found if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in found if isinstance(node, ast.ImportFrom)]
    return sum(each.split(".")[0] in packages for each in names)


def import_seconds() -> float:
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", "import mixpipe"], check=True, cwd=ROOT)
    whole = time.monotonic() - started
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", "pass"], check=True, cwd=ROOT)
    return round(max(whole - (time.monotonic() - started), 0.0), 3)


def spread(values: list[int]) -> dict[str, float]:
    return {
        "median": statistics.median(values),
        "p90": sorted(values)[int(0.9 * (len(values) - 1))],
        "max": max(values),
    }


def share(values: list[bool]) -> float:
    return round(sum(values) / len(values), 4)


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
