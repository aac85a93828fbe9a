"""How many documents each rule of `leak` flags, by the held-out set that they meet most.

Counted by the first rule that fires, whether or not `scores.drop` has it and whatever dropped the document before.
Kept in `scores.json` under `facts.leak`, beside what the scorer says of its sets.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import pyarrow as pa

from mixpipe.scores.protocol import Rule
from mixpipe.store.fingerprint import Json

__all__ = ["Flagged", "add_flagged", "with_flagged"]

SET, RULE = "leak_set", "leak_rule"
Flagged = Counter[tuple[int, int]]  # documents by the numbers, from 1, of set and rule


def add_flagged(flagged: Flagged, scores: pa.Table) -> None:
    """Add one part's scores; nothing where `leak` is no scorer."""
    if SET in scores.column_names:
        for row in scores.group_by([SET, RULE]).aggregate([([], "count_all")]).to_pylist():
            flagged[int(row[SET]), int(row[RULE])] += row["count_all"]


def with_flagged(
    sets: Mapping[str, Mapping[str, Json]], rules: Sequence[Rule], flagged: Flagged
) -> dict[str, Mapping[str, Json]]:
    """Return the facts of each set, in the order of their numbers, with `flagged` {rule: documents} added."""
    return {
        name: {**facts, "flagged": {rule.name: flagged[number, at] for at, rule in enumerate(rules, start=1)}}
        for number, (name, facts) in enumerate(sets.items(), start=1)
    }
