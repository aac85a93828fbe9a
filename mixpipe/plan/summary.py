"""What a plan comes to: `mixture.json` for trainers, `plan.json` for people.

`mixture.json` (schema `mixpipe.mixture/1`) holds token shares by domain at full precision, summing to 1 after domains
without a share are left out; `docs` are distinct documents drawn, `tokens_per_doc` the mean over rows as they will be
written, repeats included. `plan.json` is the waterfall (documents in = planned + dropped by reason + not drawn) and, by
domain, what was wanted, expected and reached.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from mixpipe.plan.config import PlanConfig
from mixpipe.store.fingerprint import Json, canonical_json

__all__ = ["Tally", "mixture_record", "plan_record", "tally_plan"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Tally(NamedTuple):
    """Sums over all documents; arrays are (n_domains,).

    Attributes:
        available: eligible documents.
        available_tokens: their tokens.
        drawn: distinct documents with a copy or more.
        drawn_tokens: their tokens, once.
        not_drawn: eligible documents without a copy.
        not_drawn_tokens: their tokens.
        copies: rows that will be written.
        planned_tokens: their tokens.
        expected_tokens: tokens of the expected copies.
        longest: tokens of the longest eligible document.
        dropped: reason to (documents, tokens).
        phases: (n_phases, 3, n_domains) distinct documents, copies and tokens in each phase.
        reused: documents drawn in more than one phase.
    """

    available: Ints
    available_tokens: Ints
    drawn: Ints
    drawn_tokens: Ints
    not_drawn: Ints
    not_drawn_tokens: Ints
    copies: Ints
    planned_tokens: Ints
    expected_tokens: Floats
    longest: Ints
    dropped: dict[str, tuple[int, int]]
    phases: Ints
    reused: Ints

    def waterfall(self) -> dict[str, Json]:
        """Return documents and distinct tokens by where they went."""
        dropped_documents = {reason: documents for reason, (documents, _) in self.dropped.items()}
        dropped_tokens = {reason: tokens for reason, (_, tokens) in self.dropped.items()}
        return {
            "documents": _flow(self.available, dropped_documents, self.drawn, self.not_drawn),
            "tokens": _flow(self.available_tokens, dropped_tokens, self.drawn_tokens, self.not_drawn_tokens),
        }

    def is_balanced(self) -> bool:
        """Tell whether every eligible document and token is either drawn or not drawn."""
        documents = np.array_equal(self.available, self.drawn + self.not_drawn)
        return documents and np.array_equal(self.available_tokens, self.drawn_tokens + self.not_drawn_tokens)


def tally_plan(planned: Iterable[tuple[pa.Table, Ints]], survey: pa.Table, n_domains: int) -> Tally:
    """Sum a plan over its parts.

    Args:
        planned: each part's draft (schema DRAFT) and its copies by phase (n_docs, n_phases).
        survey: documents and tokens by domain, bin of the value and drop reason.
        n_domains: number of domains.
    """
    sums, reused = np.zeros((6, n_domains), dtype=np.int64), np.zeros(n_domains, dtype=np.int64)
    phases = np.zeros((0, 3, n_domains), dtype=np.int64)
    expected, longest = np.zeros(n_domains), np.zeros(n_domains, dtype=np.int64)
    for draft, by_phase in planned:
        domain, tokens = (draft[name].to_numpy() for name in ("domain", "n_tokens"))
        copies = by_phase.sum(axis=1)
        phases = phases if len(phases) else np.zeros((by_phase.shape[1], 3, n_domains), dtype=np.int64)
        for phase, own in zip(phases, by_phase.T, strict=True):
            for row, values in enumerate((own > 0, own, own * tokens)):
                np.add.at(phase[row], domain, values)
        np.add.at(reused, domain, (by_phase > 0).sum(axis=1) > 1)
        is_eligible = draft["eligible"].to_numpy(zero_copy_only=False)
        drawn, missed = copies > 0, is_eligible & (copies == 0)
        for row, values in enumerate((drawn, drawn * tokens, missed, missed * tokens, copies, copies * tokens)):
            np.add.at(sums[row], domain, values)
        np.add.at(expected, domain, draft["expected"].to_numpy() * tokens)
        np.maximum.at(longest, domain, tokens * is_eligible)
    is_dropped = pc.not_equal(survey["reason"], "")
    eligible, dropped = survey.filter(pc.invert(is_dropped)), survey.filter(is_dropped)
    available = _sum_by_domain(eligible, "documents", n_domains)
    available_tokens = _sum_by_domain(eligible, "tokens", n_domains)
    by_reason = _by_reason(dropped)
    drawn_sums = dict(zip(Tally._fields[2:8], sums, strict=True))
    return Tally(
        available,
        available_tokens,
        **drawn_sums,
        expected_tokens=expected,
        longest=longest,
        dropped=by_reason,
        phases=phases,
        reused=reused,
    )


def mixture_record(tally: Tally, names: Sequence[str], weights: Floats, config: PlanConfig) -> dict[str, Json]:
    """Return `mixture.json`.

    Args:
        tally: of the whole plan.
        names: by domain.
        weights: (n_phases, n_domains) float64 shares of all tokens, summing to 1.
        config: of the stage.
    """
    whole = np.stack([tally.drawn, tally.copies, tally.planned_tokens])
    phases: list[Json] = []
    for stretch, sums, shares in zip(config.stretches, tally.phases, weights, strict=True):
        said: dict[str, Json] = {"name": stretch.name, "share": stretch.share, "rate": stretch.rate}
        if stretch.rate == "decay":
            said["end_rate"] = stretch.end_rate
        phases.append({**said, "domains": _portions(tally, names, shares, sums)})
    record: dict[str, Json] = {
        "schema": "mixpipe.mixture/1",
        "unit": "tokens",
        "total_tokens": int(tally.planned_tokens.sum()),
        "phases": phases,
        "constraints": {"max_epochs": config.max_epochs},
    }
    if len(phases) > 1:
        domains = _portions(tally, names, weights.sum(axis=0), whole)
        record |= {"domains": domains, "reused_documents": int(tally.reused.sum())}
    digest = hashlib.sha256(canonical_json(record).encode("utf-8")).hexdigest()
    return {**record, "digest": f"sha256:{digest}"}


def _portions(tally: Tally, names: Sequence[str], weights: Floats, sums: Ints) -> list[Json]:
    """Return the domains with a share: (3, n_domains) distinct documents, copies and tokens of a phase, or of all."""
    kept = np.flatnonzero(weights > 0).tolist()
    drawn, copies, tokens = sums
    return [
        {
            "id": f"d{d:03d}",
            "name": names[d],
            "weight": float(weights[d] / weights[kept].sum()),
            "available_tokens": int(tally.available_tokens[d]),
            "planned_tokens": int(tokens[d]),
            "epochs": float(tokens[d] / tally.available_tokens[d]),
            "docs": int(drawn[d]),
            "copies": int(copies[d]),
            "tokens_per_doc": float(tokens[d] / max(copies[d], 1)),
        }
        for d in kept
    ]


def plan_record(tally: Tally, names: Sequence[str], weights: Floats, config: PlanConfig) -> dict[str, Json]:
    """Return `plan.json`: the waterfall and, by domain, tokens wanted, expected and planned (see `mixture_record`)."""
    targets = weights * config.budget_tokens
    domains: list[Json] = [
        {
            "id": f"d{d:03d}",
            "name": name,
            "weight": float(weights[d]),
            "target_tokens": float(targets[d]),
            "expected_tokens": float(tally.expected_tokens[d]),
            "planned_tokens": int(tally.planned_tokens[d]),
            "available_tokens": int(tally.available_tokens[d]),
            "available_documents": int(tally.available[d]),
            "drawn_documents": int(tally.drawn[d]),
            "copies": int(tally.copies[d]),
            "epochs": float(tally.planned_tokens[d] / max(tally.available_tokens[d], 1)),
            "longest_tokens": int(tally.longest[d]),
        }
        for d, name in enumerate(names)
    ]
    return {
        "budget_tokens": config.budget_tokens,
        "planned_tokens": int(tally.planned_tokens.sum()),
        "max_epochs": config.max_epochs,
        "maker": config.maker,
        "settings": config.settings,
        "shares": config.shares,
        "waterfall": tally.waterfall(),
        "domains": domains,
    }


def _flow(available: Ints, dropped: dict[str, int], drawn: Ints, not_drawn: Ints) -> dict[str, Json]:
    return {
        "in": int(available.sum()) + sum(dropped.values()),
        "dropped": dict(sorted(dropped.items())),
        "not_drawn": int(not_drawn.sum()),
        "planned": int(drawn.sum()),
    }


def _sum_by_domain(survey: pa.Table, column: str, n_domains: int) -> Ints:
    total = np.zeros(n_domains, dtype=np.int64)
    np.add.at(total, survey["domain"].to_numpy(), survey[column].to_numpy())
    return total


def _by_reason(dropped: pa.Table) -> dict[str, tuple[int, int]]:
    sums: dict[str, tuple[int, int]] = {}
    for reason, documents, tokens in zip(
        *(dropped[c].to_pylist() for c in ("reason", "documents", "tokens")), strict=True
    ):
        held = sums.get(reason, (0, 0))
        sums[reason] = (held[0] + documents, held[1] + tokens)
    return sums
