import json

import pytest

from mixpipe.errors import ConfigError
from mixpipe.mixture.given import read_given


@pytest.fixture
def written(tmp_path):
    """Writes a file and returns its path."""

    def write(record, name="mixture.json"):
        path = tmp_path / name
        path.write_text(record if isinstance(record, str) else json.dumps(record))
        return path

    return write


def phases(*of):
    return {
        "phases": [
            {"name": name, "share": share, "domains": [{"name": n, "weight": w} for n, w in weights.items()]}
            for name, share, weights in of
        ]
    }


SHARES = {"law": 0.75, "mail": 0.25}


@pytest.mark.parametrize(
    "record",
    [{"domains": ["law", "mail"], "weights": [0.75, 0.25]}, phases(("main", 1.0, SHARES)), SHARES],
    ids=["search", "run", "plain"],
)
def test_every_form_says_the_same(written, record):
    found = read_given(written(record))
    assert [phase.name for phase in found.phases] == ["main"]
    assert found.weights == SHARES
    assert found.strata == {}


def test_shares_by_hand_may_be_yaml(written):
    assert read_given(written("law: 0.75\nmail: 0.25\n", "mixture.yaml")).weights == SHARES


def test_phases_keep_their_own_shares_and_have_one_mixture_together(written):
    found = read_given(written(phases(("early", 0.6, {"law": 1.0}), ("late", 0.4, {"law": 0.5, "mail": 0.5}))))
    assert [(phase.name, phase.share) for phase in found.phases] == [("early", 0.6), ("late", 0.4)]
    assert found.phases[1].weights == {"law": 0.5, "mail": 0.5}
    assert found.weights == pytest.approx({"law": 0.8, "mail": 0.2})


def test_rounded_figures_are_scaled_to_sum_to_one(written):
    assert sum(read_given(written({"a": 0.333, "b": 0.333, "c": 0.333})).weights.values()) == pytest.approx(
        1, abs=1e-15
    )


def test_strata_stay_with_their_domains(written):
    record = {"domains": ["law", "mail"], "weights": [0.75, 0.25], "strata": [[0.25, 0.5], [0.125, 0.125]]}
    assert read_given(written(record)).strata == {"law": [0.25, 0.5], "mail": [0.125, 0.125]}


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("{not json", "`domains` and `weights`, `phases`, or shares by domain name in .*mixture.json"),
        ([1, 2], "found no mapping"),
        ("7", "found no mapping but 7"),
        ({"weights": [1.0]}, "found no 'domains'"),
        ({"domains": ["law"], "weights": [0.5, 0.5]}, "found zip"),
        ({"law": "much"}, "found could not convert .*much"),
        ({"phases": []}, "no phase"),
        (phases(("a", 0.5, SHARES), ("a", 0.5, SHARES)), "every name once of phases .* found twice: a"),
        (phases(("a", 0.5, SHARES), ("b", 0.4, SHARES)), "sum to 1 of phases .* found a sum of 0.9"),
        (phases(("a", 0.5, SHARES), ("b", 0.5, {"law": 0.5})), "sum to 1 in phase b of .* found a sum of 0.5"),
        ({"law": 1.5, "mail": -0.5}, "finite shares >= 0 .* found mail -0.5"),
        ({"domains": ["law"], "weights": ["inf"]}, "found law inf"),
        ({"domains": ["law", "law"], "weights": [0.5, 0.5]}, "found twice: law"),
        ({"law": 0.7, "mail": 0.2}, "found a sum of 0.9"),
        ({"law": 0, "mail": 0}, "found a sum of 0"),
    ],
)
def test_what_is_no_mixture_is_refused_by_name(written, record, message):
    with pytest.raises(ConfigError, match=message) as caught:
        read_given(written(record))
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"found none at .*nowhere"):
        read_given(tmp_path / "nowhere.json")
