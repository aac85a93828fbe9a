"""The README tells the truth about commands, and every module says what it is and what it offers."""

import ast
import re
from pathlib import Path

import pytest

from flows.cli import app

REPOSITORY = Path(__file__).resolve().parents[1]
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
MODULES = sorted(
    path
    for package in ("mixpipe", "flows", "tasks")
    for path in (REPOSITORY / package).rglob("*.py")
    if path.name != "__init__.py"
)


def names(path):
    return str(path.relative_to(REPOSITORY))


@pytest.mark.parametrize("verb", [command.name or command.callback.__name__ for command in app.registered_commands])
def test_every_command_is_in_the_readme(verb):
    assert re.search(rf"\b{verb}\b", README)


def test_the_readmes_make_targets_exist():
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    asked = set(re.findall(r"`?make ([a-z-]+)`?", README))
    assert asked
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in asked)


def test_the_readmes_links_lead_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    assert all((REPOSITORY / link).exists() for link in links)


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_every_module_says_what_it_is_and_what_it_offers(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    offered = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == "__all__"
    ]
    assert len(offered) == 1, "expected one __all__"
    defined = {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    defined |= {
        name.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        for name in ast.walk(target)
        if isinstance(name, ast.Name)
    }
    assert set(offered[0]) <= defined
    assert offered[0] == sorted(offered[0], key=lambda name: (not name.isupper(), not name[0].isupper(), name))


def test_no_file_names_this_machine():
    texts = [path.read_text(encoding="utf-8") for path in MODULES]
    assert not [text for text in texts if re.search(r"/(root|work|home)/", text)]
