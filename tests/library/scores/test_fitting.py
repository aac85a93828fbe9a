import json

import numpy as np

from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.fitting import outside
from mixpipe.store.artefact import MANIFEST
from mixpipe.store.files import write_arrays, write_json


def test_what_is_given_and_what_is_frozen_are_known_by_content(tmp_path):
    reference = tmp_path / "reference.jsonl"
    reference.write_text(json.dumps({"text": "some text"}))
    few = {"scorers": ("perplexity", "quality"), "reference": str(reference)}
    given = outside(ScoresConfig(**few))
    assert list(given) == ["scores.reference"]
    folder = tmp_path / "sealed"
    folder.mkdir()
    names = ["histograms.npz", "perplexity.npz", "quality.npz"]
    for name in names:
        write_arrays(folder / name)
    files = [{"name": name, "bytes": (folder / name).stat().st_size, "sha256": name} for name in names]
    empty = {"version": 1, "fingerprint": "0", "identity": {}, "parts": [], "counts": {}, "provenance": {}}
    write_json(folder / MANIFEST, {"stage": "scores", "files": files, **empty})
    frozen = outside(ScoresConfig(**few, frozen=str(folder)))
    assert set(frozen) == {"scores.reference", *names}
    assert frozen["scores.reference"] == given["scores.reference"]
    write_arrays(folder / "quality.npz", moved=np.ones(1))
    files[2]["bytes"] = (folder / "quality.npz").stat().st_size
    write_json(folder / MANIFEST, {"stage": "scores", "files": files, **empty})
    assert outside(ScoresConfig(**few, frozen=str(folder)))["quality.npz"] != frozen["quality.npz"]
