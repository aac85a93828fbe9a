"""A published mixture as a folder."""

import json

import pytest


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
