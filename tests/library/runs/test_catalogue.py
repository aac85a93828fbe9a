"""The list of plug-ins names every entry of the registries, for people in aligned columns and as JSON."""

import json

from mixpipe.plan.makers import MAKERS
from mixpipe.runs.catalogue import Catalogue, catalogue
from mixpipe.scores import SCORERS
from mixpipe.search.methods import METHODS
from mixpipe.search.methods.protocol import About
from mixpipe.search.surrogates import SURROGATES


def test_every_entry_of_the_registries_is_listed_once_and_in_order():
    found = catalogue()
    assert list(found.methods) == sorted(METHODS)
    assert found.others["surrogates"] == sorted(SURROGATES)
    assert found.others["scorers"] == sorted(SCORERS)
    assert found.others["plan makers"] == sorted(MAKERS)


def test_people_see_columns_that_align():
    methods = {
        "a": About("one shot", "10", "Somebody 2020", "proxies", ("left", "right")),
        "longer": About("no training", "none", "-", "nothing"),
    }
    assert Catalogue(methods, {"surrogates": ("gp", "linear"), "plan makers": ("tilt",)}).lines() == [
        "method  variants     family       trials  needs    paper",
        "a       left, right  one shot     10      proxies  Somebody 2020",
        "longer  -            no training  none    nothing  -",
        "",
        "surrogates   gp, linear",
        "plan makers  tilt",
    ]


def test_as_json_it_is_the_same():
    found = json.loads(json.dumps(catalogue().as_json()))
    assert sorted(found) == ["encoders", "evaluators", "methods", "plan_makers", "scorers", "surrogates"]
    assert found["methods"]["climb"]["variants"] == ["paper", "recipe"]
    assert {tuple(sorted(about)) for about in found["methods"].values()} == {
        ("family", "needs", "paper", "trials", "variants")
    }
