"""Small tables of a run, for the terminal and the Prefect UI: rows of plain values, without a figure.

Numbers stay numbers, rounded to what they are worth, so that `--json` can give the same rows.
"""

from pathlib import Path

from mixpipe.report.facts import Artefacts
from mixpipe.report.facts.domains import read_domains
from mixpipe.report.facts.mixture import read_mixture
from mixpipe.report.facts.verdict import read_verdict
from mixpipe.report.fates import fates
from mixpipe.report.numbers import NOTHING
from mixpipe.report.sentences import decision, verdict_sentences
from mixpipe.report.texts import printable
from mixpipe.store.files import read_json

__all__ = ["Row", "domain_rows", "mixture_rows", "round_rows", "verdict_lines", "waterfall_rows"]

Row = dict[str, str | float]


def domain_rows(artefacts: Artefacts) -> list[Row]:
    """Return one row per domain: name, key terms, documents, tokens and share; empty before domains."""
    return [
        {
            "domain": domain.name,
            "key terms": ", ".join(domain.terms[:6]),
            "documents": domain.documents,
            "tokens": domain.tokens,
            "share": round(domain.share, 4),
        }
        for domain in read_domains(artefacts)
    ]


def mixture_rows(artefacts: Artefacts) -> list[Row]:
    """Return one row per domain: its share of the corpus and of the mixture, epochs and tokens of the training run."""
    mixture = read_mixture(artefacts)
    return [
        {
            "domain": portion.domain.name,
            "natural share": round(portion.domain.share, 4),
            "mixture share": round(portion.weight, 4),
            "epochs": round(portion.epochs, 2),
            "tokens": round(portion.tokens),
        }
        for portion in (mixture.portions if mixture else ())
    ]


def round_rows(folder: Path, number: int) -> list[Row]:
    """Return one row per trial of a round, best first: objective, as predicted, bits per byte.

    Args:
        folder: of the search, finished or at work: its artefact's or its job's.
        number: of the round, from 1.
    """
    trials = read_json(folder / f"round-{number}.json")["trials"]
    return [
        {
            "trial": printable(trial["trial"], 12),
            "objective": round(trial["objective"], 3),
            "predicted": NOTHING if trial["predicted"] is None else round(trial["predicted"], 3),
            "bits per byte": round(trial["bits"], 4),
        }
        for trial in sorted(trials, key=lambda trial: float(trial["objective"]))
    ]


def verdict_lines(artefacts: Artefacts) -> list[str]:
    """Return what was decided, then one sentence per control; empty before the search."""
    verdict, mixture = read_verdict(artefacts), read_mixture(artefacts)
    if mixture is None:
        return []
    return [f"{decision(verdict, mixture)}.", *(verdict_sentences(verdict) if verdict else [])]


def waterfall_rows(artefacts: Artefacts) -> list[Row]:
    """Return where every document went, a line each: how many went there, how many are left; empty before ingest."""
    return [{"where": fate.label, "change": fate.change, "documents": fate.documents} for fate in fates(artefacts)]
