"""How many models a search trains, counted and said in one way: by plan, status and report.

A proxy is trained on a mixture, an expert on one domain. With the evaluator `experts` the rounds train nothing: their
trials mix the experts.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["EXPERTS", "Tally", "tally"]

EXPERTS, ROUND = "experts", "round-"
TRAINED = ("noise", "finalists", "final")  # by a proxy, whatever the evaluator of the rounds is


@dataclass(frozen=True)
class Tally:
    """Proxies and experts that are trained, and trials that mix the experts instead."""

    proxies: int
    experts: int
    mixed: int = 0

    def __str__(self) -> str:
        """Return `35 proxies and 7 experts`, with `and 12 mixed trials` where there are any."""
        said = [_counted(self.proxies, "proxy", "proxies")]
        said += [_counted(self.experts, "expert", "experts")] if self.experts else []
        said += [_counted(self.mixed, "mixed trial", "mixed trials")] if self.mixed else []
        return " and ".join(said)


def tally(steps: Iterable[str], evaluator: str) -> Tally:
    """Count parts of the search by the step that each belongs to.

    Args:
        steps: a name of a step for every part; other steps than those that train or mix are left out.
        evaluator: of the rounds.
    """
    found = Counter(ROUND if step.startswith(ROUND) else step for step in steps)
    trained = sum(found[step] for step in TRAINED)
    if evaluator == EXPERTS:
        return Tally(trained, found[EXPERTS], found[ROUND])
    return Tally(trained + found[ROUND], found[EXPERTS])


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"
