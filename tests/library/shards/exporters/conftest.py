"""A published mixture as a folder."""

import json

import pytest

from mixpipe.shards.exporters.protocol import Settings
from mixpipe.shards.exporters.published import read_blend

# of each domain: token share, tokens, documents
PLAIN = [(0.5, 5_000_000, 50_000), (0.3, 3_000_000, 1000), (0.2, 2_000_000, 20_000)]
LATE = [(0.1, 200_000, 2000), (0.2, 400_000, 200), (0.7, 1_400_000, 14_000)]
WHOLE = [(5.2 / 12, 5_200_000, 52_000), (3.4 / 12, 3_400_000, 1200), (3.4 / 12, 3_400_000, 34_000)]


@pytest.fixture
def plain(published):
    """One phase: shares of .5, .3 and .2 in documents of 100, 3,000 and 100 tokens."""
    return read_blend(published(PLAIN))


@pytest.fixture
def phased(published):
    """A phase of 10 million tokens, then one of 2 million."""
    return read_blend(published(PLAIN, LATE, whole=WHOLE))


@pytest.fixture
def steps():
    """Settings of steps of 100,000 tokens."""
    return Settings(sequence_length=1000, batch_size=100)


@pytest.fixture
def published(tmp_path):
    """Writes mixture.json for domains of (weight, tokens, rows)."""

    def write(*phases, whole=None):
        folder = tmp_path / "run"
        folder.mkdir(exist_ok=True)
        total = sum(tokens for phase in phases for _, tokens, _ in phase)
        record = {
            "schema": "mixpipe.mixture/1",
            "unit": "tokens",
            "total_tokens": total,
            "phases": [
                {
                    "name": f"phase {number}",
                    "share": sum(tokens for _, tokens, _ in phase) / max(total, 1) or 1.0,
                    "domains": domains(phase),
                }
                for number, phase in enumerate(phases)
            ],
        }
        if whole is not None:
            record["domains"] = domains(whole)
        (folder / "mixture.json").write_text(json.dumps(record))
        return folder

    return write


def domains(phase):
    return [
        {
            "id": f"d{number:03d}",
            "name": f"name {number}",
            "weight": weight,
            "planned_tokens": tokens,
            "available_tokens": 1_000_000,
            "docs": rows,
            "copies": rows,
            "epochs": tokens / 1_000_000,
            "tokens_per_doc": tokens / max(rows, 1),
        }
        for number, (weight, tokens, rows) in enumerate(phase)
    ]
