from collections import Counter

import pyarrow as pa

from mixpipe.scores.flagged import add_flagged, with_flagged
from mixpipe.scores.leak import Leak


def test_documents_are_counted_by_set_and_first_rule_over_parts():
    flagged = Counter()
    for _ in range(2):
        add_flagged(flagged, pa.table({"leak_set": [0.0, 1.0, 2.0, 2.0], "leak_rule": [0.0, 0.0, 1.0, 3.0]}))
    facts = with_flagged({"exam": {"items": 3}, "guarded": {"items": 1}}, Leak.rules, flagged)
    assert facts["exam"] == {"items": 3, "flagged": {"item": 0, "text": 0, "run": 0, "ngrams": 0, "paragraph": 0}}
    assert facts["guarded"]["flagged"] == {"item": 2, "text": 0, "run": 2, "ngrams": 0, "paragraph": 0}


def test_without_the_scorer_nothing_is_counted():
    flagged = Counter()
    add_flagged(flagged, pa.table({"id": ["a"]}))
    assert not flagged
