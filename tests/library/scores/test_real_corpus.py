"""The default blend against hidden labels of the real sample; skipped where the data is absent."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import roc_auc_score

from mixpipe.registry import load_plugin
from mixpipe.scores import SCORERS
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.protocol import Sample
from mixpipe.store.fingerprint import text_id

CORPUS = Path(__file__).parents[3] / "../shared/data/corpus"
SCORED = ("texture", "perplexity", "quality")


@pytest.mark.slow
@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs the shared corpus")
def test_the_blend_finds_low_quality_without_labels_and_beats_every_measure():
    table = pq.read_table(sorted(CORPUS.glob("sample/part-*.parquet"))[:1], columns=["id", "text"])
    labels = {row["id"]: row for row in pq.read_table(CORPUS / "labels/sample_labels.parquet").to_pylist()}
    texts = table.column("text").to_pylist()
    zeros = np.zeros(len(texts), np.int32)
    ids = [text_id(text) for text in texts]
    sample = Sample(ids=ids, texts=texts, vectors=np.zeros((len(texts), 1)), domains=zeros, tokens=zeros + 1)
    for name in SCORED:
        plugin = load_plugin(SCORERS, name, "scorer")
        scorer = plugin(plugin.fit(sample, ScoresConfig()))
        scored = np.concatenate([scorer.score(block) for block in sample.blocks()])
        sample.columns.update(zip(scorer.columns, scored.T, strict=True))
    kinds = [labels[name]["quality_kind"] for name in table.column("id").to_pylist()]
    kept = np.array([kind != "spam" for kind in kinds])
    low = np.array([kind not in (None, "", "spam", "very_long") for kind in kinds])
    auc = {name: roc_auc_score(low[kept], -values[kept]) for name, values in sample.columns.items()}
    blend = auc.pop("quality")
    del auc["quality_rank"]
    assert blend >= 0.98
    assert blend > max(max(value, 1 - value) for value in auc.values())
