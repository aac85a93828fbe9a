"""Bits per byte of each document under a reference model: the corpus's own, one of given texts, or a given model.

Without `scores.reference`, or where it names texts, the model is one of byte n-grams (see `byte_ngrams.py`). Two are
kept, one per half of the sample, so that no document is scored by a model that saw it. Perplexity under a model of a
disjoint split as a measure of documents follows Ankner et al. 2024 (arXiv 2405.20541), who use a 125M transformer.

Where `scores.reference` names a causal language model (a folder, or one on the hub), documents are scored under that,
in stretches of 1,024 tokens. Its files are kept with what the scorers learnt, known by its content and no path; its
arithmetic is chosen once, when it is fitted. The same beginning of a text counts, and bytes rather than tokens, so
scores are comparable across languages, tokenizers and all three kinds of model.
"""

import numpy as np

from mixpipe.models.packed import is_packed
from mixpipe.registry import load_plugin
from mixpipe.scores.byte_ngrams import ByteModel
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.given import given_model, given_texts
from mixpipe.scores.protocol import Batch, Floats, Rule, Sample, State, halves

__all__ = ["Perplexity"]

# By import string: it loads torch, which none of the other scorers needs.
GIVEN = {"model": "mixpipe.scores.given_perplexity:GivenPerplexity"}


class Perplexity:
    """Bits per byte under the reference model; an empty text gets 8, what a uniform byte costs."""

    columns = ("perplexity",)
    rules: tuple[Rule, ...] = ()

    def __init__(self, state: State) -> None:
        """Take the given model, or both models' tables."""
        self._given = load_plugin(GIVEN, "model", "reference")(state) if is_packed(state) else None
        self._halves = [] if self._given else [_half(state, half) for half in (0, 1)]

    @staticmethod
    def fit(sample: Sample, config: ScoresConfig) -> State:
        """Take the given model, or count the n-grams of both halves of the sample or of the texts given."""
        texts, ids, place = sample.texts, sample.ids, config.reference
        if place and (folder := given_model(place, "scores.reference")):
            state: State = load_plugin(GIVEN, "model", "reference").state(folder)
            return state
        if place:
            texts, ids = given_texts(place, "scores.reference", wanted=config.sample_documents, seed=config.seed)
        which = halves(ids)
        models = [ByteModel.of([texts[i] for i in np.flatnonzero(which == half).tolist()]) for half in (0, 1)]
        return {f"{name}_{half}": values for half in (0, 1) for name, values in models[half]._asdict().items()}

    def score(self, batch: Batch) -> Floats:
        """Return (n, 1) bits per byte."""
        if self._given:
            return np.asarray(self._given.bits_per_byte(batch.texts))[:, None]
        bits = np.zeros(len(batch.texts))
        which = halves(batch.ids)
        for half, model in enumerate(self._halves):
            rows = np.flatnonzero(which != half)
            bits[rows] = model.bits_per_byte([batch.texts[i] for i in rows.tolist()])
        return bits[:, None]


def _half(state: State, half: int) -> ByteModel:
    # Float32 is gathered faster than the float16 on disk.
    seen, rest = (state[f"{name}_{half}"].astype(np.float32) for name in ("seen", "rest"))
    return ByteModel(state[f"tags_{half}"], seen, rest)
