"""What was written: `mixture.json` with the shares realised, `dataset.json` by shard, by domain and by phase.

Both are computed from the shards as they were read back, never from the plan.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mixpipe.errors import StageError
from mixpipe.shards.layout import phase_folders
from mixpipe.shards.records import mixture_digest
from mixpipe.shards.tally import TIERS, ShardTally
from mixpipe.store.fingerprint import Json, fingerprint
from mixpipe.store.stage import Context

__all__ = ["by_phase", "dataset_record", "realised_mixture"]


def realised_mixture(tallies: Sequence[ShardTally], planned: Mapping[str, Any]) -> dict[str, Json]:
    """Return the planned `mixture.json` with each domain's share of the tokens, in each phase, written as its weight.

    Raises:
        StageError: a domain's rows or tokens in a phase differ from those planned.
    """
    mine = by_phase(tallies, len(planned["phases"]))
    phases: list[Json] = [
        {**phase, "domains": _realised(phase["domains"], own, phase["name"])}
        for phase, own in zip(planned["phases"], mine, strict=True)
    ]
    record: dict[str, Json] = {**planned, "phases": phases}
    if len(phases) > 1:
        record["domains"] = _realised(planned["domains"], tallies, "all phases")
    return {**record, "digest": mixture_digest(record)}


def by_phase(tallies: Sequence[ShardTally], n_phases: int) -> list[list[ShardTally]]:
    """Return the tallies of each phase's shards."""
    folders = phase_folders(n_phases)
    return [[tally for tally in tallies if tally.path.startswith(f"{folder}/")] for folder in folders]


def _realised(domains: Sequence[Any], tallies: Sequence[ShardTally], where: str) -> list[Json]:
    rows, tokens = (np.sum([getattr(tally, name) for tally in tallies], axis=0) for name in ("rows", "tokens"))
    realised: list[Json] = []
    for domain in domains:
        number = int(domain["id"].removeprefix("d"))
        found, wanted = (rows[number], tokens[number]), (domain["copies"], domain["planned_tokens"])
        if found != wanted:
            raise StageError(
                f"expected {wanted[0]} rows of {wanted[1]} tokens from {domain['name']} in the shards of {where}, as "
                f"planned, found {found[0]} rows of {found[1]} tokens"
            )
        if tokens[number]:
            share = float(tokens[number] / tokens.sum())
            realised.append({**domain, "weight": share, "weight_target": domain["weight"]})
    return realised


def _whole(mixture: Mapping[str, Any]) -> list[Any]:
    """Return the domains over all phases: those of the only one, where there is but one."""
    found: list[Any] = mixture["domains"] if len(mixture["phases"]) > 1 else mixture["phases"][0]["domains"]
    return found


def dataset_record(
    tallies: Mapping[str, Sequence[ShardTally]], mixture: Mapping[str, Any], context: Context
) -> dict[str, Json]:
    """Return `dataset.json`.

    Args:
        tallies: of the shards, in order, by format.
        mixture: as realised.
        context: of the stage, for what went in.
    """
    first = tallies[context.config.formats[0]]
    encoded = next((found for found in tallies.values() if found[0].encoded is not None), ())
    everything = [tally for found in tallies.values() for tally in found]
    return {
        "schema": "mixpipe.dataset/1",
        "formats": list(context.config.formats),
        "layout": context.config.layout,
        "seed": context.config.seed,
        "config_digest": fingerprint(context.config.identity()),
        "mixture_digest": mixture["digest"],
        "tokenizer": {"sha256": context.inputs["ingest"].digest("tokenizer.json")},
        "inputs": {name: artefact.fingerprint for name, artefact in sorted(context.inputs.items())},
        "text_bytes": int(context.inputs["plan"].counts["bytes"]),
        "splits": {"train": _sums(first)},
        "licence_tiers": _tiers(first),
        "domains": [_domain(domain, encoded) for domain in _whole(mixture)],
        "phases": _phases(mixture, first, encoded),
        "files": [tally.entry().model_dump(exclude_unset=True) for tally in everything],
    }


def _sums(tallies: Sequence[ShardTally]) -> dict[str, Json]:
    rows, tokens = (sum(int(getattr(tally, name).sum()) for tally in tallies) for name in ("rows", "tokens"))
    return {"rows": rows, "tokens": tokens, "shards": len(tallies)}


def _tiers(tallies: Sequence[ShardTally]) -> list[Json]:
    """Return rows and tokens by tier of the licence; nothing where it was not looked for."""
    sums = np.sum([tally.tiers for tally in tallies if tally.tiers is not None], axis=0)
    return [{"tier": t, "rows": int(sums[t, 0]), "tokens": int(sums[t, 1])} for t in range(1, TIERS + 1) if sums[t, 0]]


def _phases(mixture: Mapping[str, Any], first: Sequence[ShardTally], encoded: Sequence[ShardTally]) -> list[Json]:
    """Return what each phase holds, in the order of reading."""
    count = len(mixture["phases"])
    every = zip(mixture["phases"], phase_folders(count), by_phase(first, count), by_phase(encoded, count), strict=True)
    return [
        {
            **{key: phase[key] for key in phase if key != "domains"},
            "folder": folder,
            **_sums(own),
            "domains": [_domain(domain, of_tokens) for domain in phase["domains"]],
        }
        for phase, folder, own, of_tokens in every
    ]


def _domain(domain: Mapping[str, Any], encoded: Sequence[ShardTally]) -> dict[str, Json]:
    same = {key: domain[key] for key in ("id", "name", "available_tokens", "planned_tokens", "epochs", "docs")}
    written = {"rows": domain["copies"], "written_tokens": domain["planned_tokens"]}
    counts = [tally.encoded for tally in encoded if tally.encoded is not None]
    if counts:
        written["encoded_tokens"] = int(np.sum(counts, axis=0)[int(domain["id"].removeprefix("d"))])
    return {**same, **written, "weight_target": domain["weight_target"], "weight_realised": domain["weight"]}
