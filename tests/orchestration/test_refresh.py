"""New files are taken into the last run: only they are read and scored, and what was learnt stays."""

import shutil

import pytest

from mixpipe.config import RunConfig
from mixpipe.runs.run import load_artefacts

pytestmark = pytest.mark.prefect


def test_new_files_are_read_and_what_was_learnt_is_taken_over(built_root, toy_folder, toy_config, tmp_path):
    from flows.refresh import refresh

    root, corpus = tmp_path / "root", tmp_path / "corpus"
    shutil.copytree(built_root, root)
    shutil.copytree(toy_folder / "corpus", corpus)
    shutil.copy(toy_folder / "later" / "new.jsonl", corpus)
    toy_config["ingest"]["paths"] = [str(corpus)]
    first = load_artefacts(root / "runs" / "toy")
    assert refresh(config=RunConfig.model_validate(toy_config), root=str(root), name="toy") == str(root / "runs/toy")
    second = load_artefacts(root / "runs" / "toy")
    assert second["ingest"].counts["documents"] == first["ingest"].counts["documents"] + 20
    for stage in ("ingest", "embed", "domains", "scores"):
        known = {part.identity for part in first[stage].manifest.parts}
        new = [part for part in second[stage].manifest.parts if part.identity not in known]
        assert 0 < len(new) < len(second[stage].manifest.parts), stage
    assert second["search"].counts.get("trials", 0) == 0
    mixtures = [found["search"].file("mixture.json").read_text() for found in (first, second)]
    assert mixtures[0] == mixtures[1]
