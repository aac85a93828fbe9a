"""The head of the report: what was decided, in one line, a few sentences and a few figures."""

from typing import NamedTuple

from mixpipe.report.blocks import Tiles
from mixpipe.report.facts import Artefacts
from mixpipe.report.facts.documents import read_quarantine, read_sources
from mixpipe.report.facts.domains import read_domains
from mixpipe.report.facts.mixture import Mixture, read_mixture
from mixpipe.report.facts.search import read_search
from mixpipe.report.facts.verdict import read_verdict
from mixpipe.report.numbers import compact, count, counted, share
from mixpipe.report.sentences import decision, listed, verdict_sentences

__all__ = ["Summary", "summary"]


class Summary(NamedTuple):
    """A headline, what the mixture moves, what is claimed against each control, and figures."""

    headline: str
    moves: str
    claims: list[str]
    tiles: Tiles


def summary(artefacts: Artefacts) -> Summary:
    """Return the head of the report, as far as the run went."""
    verdict, mixture = read_verdict(artefacts), read_mixture(artefacts)
    moves = f"The run went as far as {list(artefacts)[-1]}." if mixture is None else _moves(mixture)
    claims = [] if verdict is None else verdict_sentences(verdict)
    return Summary(decision(verdict, mixture), moves, claims, Tiles(_tiles(artefacts)))


def _moves(mixture: Mixture) -> str:
    """Say which domains the mixture raises and lowers most, in shares of tokens."""
    moves = sorted(mixture.portions, key=lambda portion: portion.weight - portion.domain.share)
    raised = [portion for portion in moves[:-3:-1] if portion.weight > portion.domain.share]
    lowered = [portion for portion in moves[:2] if portion.weight < portion.domain.share]
    said = [
        f"{word}: {listed([f'{p.domain.name} ({share(p.domain.share)} to {share(p.weight)})' for p in portions])}."
        for word, portions in (("Most raised", raised), ("Most lowered", lowered))
        if portions
    ]
    return " ".join(said) or "Every domain keeps its natural share."


def _tiles(artefacts: Artefacts) -> list[tuple[str, str, str]]:
    tiles = []
    sources, domains = read_sources(artefacts), read_domains(artefacts)
    if sources:
        remark = f"{counted(sum(read_quarantine(artefacts).values()), 'record')} quarantined"
        tiles.append((compact(sum(source.documents for source in sources)), "documents", remark))
        tiles.append(
            (compact(sum(source.tokens for source in sources)), "tokens", f"from {counted(len(sources), 'source')}")
        )
    if domains:
        largest = max(domain.share for domain in domains)
        tiles.append((count(len(domains)), "domains", f"the largest has {share(largest)}"))
    search, mixture = read_search(artefacts), read_mixture(artefacts)
    if search is not None:
        remark = f"{search.trained} trained, measured on {counted(len(search.targets), 'target')}"
        tiles.append((count(search.trained.proxies + search.trained.experts), "small models", remark))
    if mixture is not None:
        remark = f"at most {mixture.max_epochs:g} epochs of a domain"
        tiles.append((compact(mixture.budget_tokens), "tokens to train on", remark))
    return tiles
