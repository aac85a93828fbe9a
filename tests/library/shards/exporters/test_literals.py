import ast

import yaml
from hypothesis import given
from hypothesis import strategies as st

from mixpipe.shards.exporters.literals import python_text, python_values, read_yaml, yaml_text

# a mixture is read from UTF-8, so its names hold no lone surrogates
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
SHARES = st.floats(1e-300, 1e300)


@given(st.dictionaries(TEXTS, st.lists(TEXTS | SHARES | st.booleans() | st.integers(), max_size=4), max_size=4))
def test_yaml_comes_back_as_it_went_in(values):
    assert yaml.safe_load(yaml_text(values, "a\nb")) == values


def test_small_shares_stay_numbers_for_readers_of_yaml_1_1():
    text = yaml_text({"share": 1e-05, "name": "1e5", "no": "no"})
    assert "1.0e-05" in text
    assert read_yaml(text) == {"share": 1e-05, "name": "1e5", "no": "no"}


@given(st.lists(TEXTS | SHARES, max_size=5), TEXTS)
def test_python_comes_back_as_it_went_in(items, text):
    module = python_text("What it is.", {"ITEMS": items, "TEXT": text}, "def load():\n    return ITEMS")
    assert module.isascii()
    assert python_values(module) == {"ITEMS": items, "TEXT": text}
    assert ast.get_docstring(ast.parse(module)) == "What it is."
