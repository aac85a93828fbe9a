"""What was decided, in words: one headline, one sentence a control.

A win is claimed only where the 95 % interval of the gain lies above zero. A gain above two standard errors whose
interval does not, as happens with few seeds, is called probable; everything else is said as it is.
"""

from collections.abc import Iterable, Sequence

from mixpipe.report.facts.mixture import Mixture
from mixpipe.report.facts.verdict import BEST_RANDOM, WINNER, Comparison, Verdict
from mixpipe.report.numbers import SPACE, counted, decimal, interval

__all__ = ["OBJECTIVES", "UNITS", "decision", "listed", "verdict_sentences"]

LEAST_CHANGE = 0.0005  # of a share, that is said: 0.1 percentage points
MOST_NAMED = 4  # targets in a sentence
# By kind of objective: what it is, and the unit of a gain in it.
OBJECTIVES = {
    "mean": "the weighted mean of the targets' losses",
    "worst": "the worst of the targets' losses",
    "rank": "the weighted mean of the targets' places",
}
UNITS = {
    **dict.fromkeys(("mean", "worst"), "standard deviations of the search's trials"),
    "rank": "percentile ranks among the search's trials, from 0, the best, to 1, the worst",
}
WORDS = {
    "better": "better than",
    "probable": "probably better than",
    "tied": "tied with",
    "worse": "worse than",
    "unknown": "not comparable with",
}


def decision(verdict: Verdict | None, mixture: Mixture | None) -> str:
    """Return the headline: better than which controls, tied with which, worse than which, and what the plan changed."""
    said = _decided(verdict, mixture)
    if mixture is None:
        return said
    if mixture.change is not None and mixture.change >= LEAST_CHANGE:
        said += f"; caps and floors changed a share of it by {_points(mixture.change)}"
    if mixture.departure >= LEAST_CHANGE:
        said += f"; the plan departs from it, a share by {_points(mixture.departure)}"
    return said


def _points(change: float) -> str:
    return f"{decimal(100 * change, 1)} percentage points"


def _decided(verdict: Verdict | None, mixture: Mixture | None) -> str:
    if verdict is None:
        return "No mixture yet" if mixture is None else "The mixture was given, not sought"
    if not verdict.objective:
        return "The mixture was not compared with any control"
    if verdict.chosen != WINNER:
        return f"No better mixture was found: {verdict.chosen} is recommended"
    words = {name: _word(row) for name, row in verdict.objective.items()}
    if set(words.values()) == {"better"}:
        return f"The mixture beats {listed(words)}"
    parts = []
    for word, phrase in WORDS.items():
        controls = [name for name in words if words[name] == word]
        if controls:
            parts.append(f"{phrase} {listed(controls)}")
    return f"The mixture is {', '.join(parts)}"


def verdict_sentences(verdict: Verdict) -> list[str]:
    """Return one sentence per control (word, gain, interval, targets won and lost), and the unit."""
    bits = {arm.name: arm.bits for arm in verdict.arms}
    lines = [
        f"{_sentence(row, bits.get(WINNER), bits.get(row.control))}{_by_target(verdict.targets.get(row.control, ()))}"
        for row in verdict.objective.values()
    ]
    return (
        [
            *lines,
            f"Gains are in {UNITS[verdict.kind]}, on targets in bits per byte; above zero the mixture found is better."
            + (f" {BEST_RANDOM} is the best mixture of the first round." if BEST_RANDOM in verdict.objective else ""),
        ]
        if lines
        else []
    )


def listed(names: Iterable[str]) -> str:
    """Return `a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _by_target(targets: Sequence[Comparison]) -> str:
    """Say on which targets the mixture is better and on which worse; nothing where it is neither."""
    said = [f"{word} on {named}" for word in ("better", "worse") if (named := _named(targets, word))]
    return f" Of {counted(len(targets), 'target')}, {', '.join(said)}." if said else ""


def _named(targets: Sequence[Comparison], word: str) -> str:
    """Return the targets under a word with their gains, the largest first; `all` for every one that is better."""
    rows = sorted((row for row in targets if row.word == word), key=lambda row: -abs(row.gain or 0.0))
    if word == "better" and len(rows) == len(targets) > 1:
        return "all"
    named = [f"{row.measure} ({decimal(row.gain, 2, signed=True)})" for row in rows[:MOST_NAMED]]
    more = [f"{len(rows) - MOST_NAMED} more"] if len(rows) > MOST_NAMED else []
    return listed([*named, *more]) if named else ""


def _word(row: Comparison) -> str:
    """Return the verdict's word; `probable` where it is better and its interval holds zero."""
    return "probable" if row.word == "better" and row.low is not None and row.low <= 0 else row.word


def _sentence(row: Comparison, winner: float | None, control: float | None) -> str:
    if row.gain is None:
        return f"Against {row.control}: no seed in common, so nothing can be said."
    word = "probably better" if _word(row) == "probable" else row.word
    gain = f"Against {row.control}: {word}, gain {decimal(row.gain, 2, signed=True)}"
    if row.low is None:
        return f"{gain} from {counted(row.seeds, 'seed')}, too few for an interval."
    ends = interval(row.low, row.high, 2, signed=True)
    sentence = f"{gain} (95{SPACE}% interval {ends}, {counted(row.seeds, 'seed')})"
    if winner is None or control is None:
        return f"{sentence}."
    return f"{sentence}, {decimal(control - winner, 3, signed=True)} bits per byte."
