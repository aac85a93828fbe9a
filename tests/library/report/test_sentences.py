import pytest

from mixpipe.report.facts.mixture import Mixture
from mixpipe.report.facts.verdict import read_verdict
from mixpipe.report.sentences import decision, listed, verdict_sentences


def verdict_with(edited, words, chosen="winner"):
    def change(found):
        for row in found["comparisons"]:
            if row["measure"] == "objective":
                word = words.get(row["control"], "better")
                row |= {"word": word.removeprefix("probably "), "low": -0.1 if word.startswith("probably") else 0.1}
        found["wins"] = not words
        return {**found, "chosen": chosen}

    return read_verdict(edited("search", "verdict.json", change))


@pytest.mark.parametrize(
    ("words", "chosen", "headline"),
    [
        ({}, "winner", "The mixture beats natural, uniform, unimax and best-random"),
        ({"unimax": "tied"}, "winner", "The mixture is better than natural, uniform and best-random, tied with unimax"),
        (
            {"natural": "probably better", "unimax": "probably better"},
            "winner",
            "The mixture is better than uniform and best-random, probably better than natural and unimax",
        ),
        ({"natural": "worse"}, "natural", "No better mixture was found: natural is recommended"),
    ],
)
def test_the_headline_claims_no_more_than_the_words(edited, words, chosen, headline):
    assert decision(verdict_with(edited, words, chosen), None) == headline


def test_without_a_verdict_there_is_no_claim():
    assert decision(None, None) == "No mixture yet"


@pytest.mark.parametrize(
    ("change", "departure", "said"),
    [
        (0.0, 0.0, "The mixture was given, not sought"),
        (
            0.083,
            0.0,
            "The mixture was given, not sought; caps and floors changed a share of it by 8.3 percentage points",
        ),
        (0.0, 0.297, "The mixture was given, not sought; the plan departs from it, a share by 29.7 percentage points"),
    ],
)
def test_what_the_caps_and_the_plan_changed_is_said(change, departure, said):
    assert decision(None, Mixture((), 1, 4.0, change, departure)) == said


def test_a_verdict_says_that_the_plan_is_of_another_mixture(edited):
    verdict = verdict_with(edited, {"unimax": "tied"})
    assert decision(verdict, Mixture((), 1, 4.0, None, 0.0004)) == decision(verdict, None)
    assert "unimax; the plan departs from it" in decision(verdict, Mixture((), 1, 4.0, None, 0.1))


def test_every_control_has_a_sentence_with_its_interval(artefacts):
    *sentences, unit = verdict_sentences(read_verdict(artefacts))
    assert [sentence.split(":")[0] for sentence in sentences] == [
        "Against natural", "Against uniform", "Against unimax", "Against best-random",
    ]  # fmt: skip
    assert all("interval" in sentence and "bits per byte" in sentence for sentence in sentences)
    assert "standard deviations" in unit
    assert unit.endswith(" best-random is the best mixture of the first round.")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            [("worse", -0.05), ("better", 0.1), ("worse", -0.2), ("better", 0.3)],
            " Of 4 targets, better on tech_docs (+0.30) and code (+0.10), worse on law (-0.20) and medicine (-0.05).",
        ),
        ([("better", 0.1)], " Of 4 targets, better on medicine (+0.10)."),
        ([("better", 0.1)] * 4, " Of 4 targets, better on all."),
        ([], ""),
    ],
)
def test_targets_won_and_lost_are_named_the_largest_gain_first(edited, found, said):
    def change(record):
        against = [r for r in record["comparisons"] if r["control"] == "natural" and r["measure"] != "objective"]
        for row in against:
            row |= {"word": "tied"}
        for row, (word, gain) in zip(against, found, strict=False):
            row |= {"word": word, "gain": gain}
        return record

    sentence = verdict_sentences(read_verdict(edited("search", "verdict.json", change)))[0]
    assert sentence.replace("\N{MINUS SIGN}", "-").split("bits per byte.")[1] == said


@pytest.mark.parametrize(("gain", "said"), [(None, "no seed in common"), (0.5, "too few for an interval")])
def test_what_cannot_be_said_is_not_said(edited, gain, said):
    def change(found):
        row = found["comparisons"][0]
        row |= {"gain": gain, "standard_error": None, "low": None, "high": None, "seeds": 1, "word": "unknown"}
        return found

    assert said in verdict_sentences(read_verdict(edited("search", "verdict.json", change)))[0]


def test_a_gain_whose_interval_holds_zero_is_only_probable(edited):
    sentences = verdict_sentences(verdict_with(edited, {"natural": "probably better"}))
    assert sentences[0].startswith("Against natural: probably better, gain")
    assert sentences[1].startswith("Against uniform: better, gain")


def test_names_are_listed_as_in_a_sentence():
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
