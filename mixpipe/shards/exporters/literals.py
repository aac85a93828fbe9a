"""Values written as YAML and Python, whatever characters and figures they hold.

YAML is written by PyYAML because trainers read with it: YAML 1.1 takes `1e-05` for a text and `no` for false, and only
a writer of the same version avoids both. Python holds nothing but ASCII: what is not is escaped.
"""

import ast
import json
from collections.abc import Mapping
from typing import Any

import yaml

__all__ = ["python_text", "python_values", "read_yaml", "yaml_text"]


def yaml_text(value: Mapping[str, object], comment: str = "") -> str:
    """Return YAML 1.1 under a comment of our own words."""
    head = "".join(f"# {line}\n" for line in comment.splitlines())
    plain = json.loads(json.dumps(value))  # no aliases for lists that are named twice
    # ASCII alone: of the characters that it could write as they are, PyYAML reads U+0085 back as a space
    return head + str(yaml.safe_dump(plain, sort_keys=False, width=120))


def read_yaml(text: str) -> Any:  # noqa: ANN401  YAML is untyped until its reader checks it
    """Return what a trainer would read."""
    return yaml.safe_load(text)


def python_text(comment: str, values: Mapping[str, object], code: str) -> str:
    """Return a module: a docstring, one constant for each value, and the code that uses them."""
    constants = "\n".join(f"{name} = {_literal(value)}" for name, value in values.items())
    return f'"""{comment.strip()}"""\n\n{constants}\n\n\n{code.strip()}\n'


def python_values(text: str) -> dict[str, Any]:
    """Return the constants of a module without running it."""
    assigned = [node for node in ast.parse(text).body if isinstance(node, ast.Assign)]
    return {
        target.id: _value(node.value) for node in assigned for target in node.targets if isinstance(target, ast.Name)
    }


def _value(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except ValueError:  # code and no constant
        return None


def _literal(value: object) -> str:
    if isinstance(value, list | tuple):
        return "[\n" + "".join(f"    {item!a},\n" for item in value) + "]"
    return ascii(value)
