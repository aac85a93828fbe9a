"""Whether another round is worth its proxies: not when what the method expects to gain is below the noise.

After a round, the gain is how much better the best candidate is foreseen than the best measured mixture, both by the
method's own surrogate, so that a lucky measurement is no mark. Below two standard deviations of the objective between
seeds, which is a tie by every other rule here, the rounds left are skipped. Not judged without a surrogate, without a
noise figure (three seeds at least, of the rounds' own evaluator), and after the last round.

Off unless asked for: a surrogate that a small round has taught nothing foresees no gain and ends the search, and three
seeds leave the floor uncertain by a factor of 8. It saves proxies where they are dear. On 12 made-up searches (12
domains, rounds of 16, 8 and 4, two levels of noise) it never stopped after the first round and twice after the second;
there the third changed the share of the possible gain that the mixture had from .97 to .95, and from .91 to .91.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from mixpipe.search.methods.protocol import Recommendation
from mixpipe.search.noise import NoiseFloor
from mixpipe.store.files import read_json
from mixpipe.store.fingerprint import Json

__all__ = ["LEAST_DEGREES", "Outlook", "outlook", "outlooks", "stopped"]

NOISE_DEVIATIONS = 2.0
# Two seeds leave the noise uncertain by a factor of 31 (90 % range), too much to decide by; three, of 8.
LEAST_DEGREES = 2
MEASURED = "measured"  # the candidate that is the best trial


@dataclass(frozen=True)
class Outlook:
    """What a further round promises after a round.

    Attributes:
        round: the step after which it was judged.
        gain: foreseen, in units of the objective; None without a surrogate.
        floor: two standard deviations of the objective between seeds; None where they are not known.
        stops: the gain is below the floor.
    """

    round: str
    gain: float | None
    floor: float | None
    stops: bool

    def record(self) -> dict[str, Json]:
        """Return the figures as JSON."""
        return asdict(self)


def outlook(name: str, found: Recommendation, noise: NoiseFloor | None) -> Outlook:
    """Judge whether to go on after the round `name`.

    Args:
        name: of the round.
        found: what the method would recommend now.
        noise: of the trials so far; None where nothing tells it.
    """
    foreseen = {c.name: c.predicted for c in found.candidates if c.predicted is not None}
    gain = foreseen[MEASURED] - min(foreseen.values()) if MEASURED in foreseen else None
    sd = noise.objective.sd if noise is not None and noise.degrees >= LEAST_DEGREES else None
    floor = None if sd is None else NOISE_DEVIATIONS * sd
    return Outlook(name, gain, floor, gain is not None and floor is not None and gain < floor)


def outlooks(folder: Path, *, before: int | None = None) -> list[Outlook]:
    """Return what was judged after each round of the search whose files lie in a folder, finished or at work.

    Args:
        folder: the search's artefact, or where it works.
        before: number of a round; only what was judged before it, which does not change when it has been run.
    """
    found, number = [], 1
    while number != before and (path := folder / f"round-{number}.json").is_file():
        if judged := read_json(path)["outlook"]:
            found.append(Outlook(**judged))
        number += 1
    return found


def stopped(folder: Path, *, before: int | None = None) -> Outlook | None:
    """Return the outlook that ended the rounds of the search in a folder, see `outlooks`; None where none has."""
    return next((found for found in outlooks(folder, before=before) if found.stops), None)
