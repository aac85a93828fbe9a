"""A small GPT trained for 200 steps on what each reader reads: equal order gives equal losses, step by step."""

import json

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from torch import nn

from mixpipe.shards.exporters.litdata import CODE

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # the libraries' own warnings
STEPS, BATCH, LENGTH, WIDTH = 200, 8, 64, 16


class Gpt(nn.Module):
    """One causal layer with tied embeddings: some 20,000 parameters."""

    def __init__(self, vocabulary):
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocabulary, WIDTH), nn.Embedding(LENGTH, WIDTH)
        self.layer = nn.TransformerEncoderLayer(WIDTH, 2, 2 * WIDTH, dropout=0.0, batch_first=True, norm_first=True)
        self.norm = nn.LayerNorm(WIDTH)

    def forward(self, ids):
        mask = nn.Transformer.generate_square_subsequent_mask(LENGTH)
        hidden = self.layer(self.tokens(ids) + self.places.weight, src_mask=mask, is_causal=True)
        return self.norm(hidden) @ self.tokens.weight.T


def losses(stream, vocabulary):
    """Train on the beginning of a stream of tokens, in its order: (STEPS,) mean cross-entropies in nats."""
    torch.manual_seed(0)
    model = Gpt(vocabulary)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    batches = torch.from_numpy(stream[: STEPS * BATCH * (LENGTH + 1)].astype(np.int64)).view(STEPS, BATCH, LENGTH + 1)
    found = []
    for batch in batches:
        loss = nn.functional.cross_entropy(model(batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return np.array(found)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Two threads for so small a model cost more than they do, and many times more on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def vocabulary(mixed):
    return json.loads((mixed / "dataset.json").read_text())["encoding"]["vocabulary"]


@pytest.fixture(scope="module")
def planned(epoch, vocabulary):
    """The losses of a run on the planned tokens."""
    return losses(epoch.stream(), vocabulary)


@pytest.fixture
def encode(mixed):
    """Returns texts as the stream of tokens that a trainer packs, each text with the end token."""
    tokenizer = Tokenizer.from_file(str(mixed / "tokenizer.json"))
    end = json.loads((mixed / "dataset.json").read_text())["encoding"]["end"]

    def encoded(texts):
        return np.concatenate([[*tokenizer.encode(text, add_special_tokens=False).ids, end] for text in texts])

    return encoded


def test_the_loss_falls_and_another_order_is_another_run(planned, epoch, vocabulary):
    assert planned[-20:].mean() < planned[:20].mean() - 0.5
    assert np.abs(losses(epoch.stream()[::-1].copy(), vocabulary) - planned).max() > 0.1


def test_megatron_core(mixed, planned, vocabulary):
    library = pytest.importorskip("megatron.core.datasets.indexed_dataset", reason="`make test-readers` installs it")
    prefixes = sorted(str(path.with_suffix("")) for path in (mixed / "data").glob("*.idx"))
    shards = [library.IndexedDataset(prefix) for prefix in prefixes]
    stream = np.concatenate([shard[row] for shard in shards for row in range(len(shard))])
    np.testing.assert_allclose(losses(stream, vocabulary), planned, rtol=1e-6)


def test_mds_by_litdata(litdata, mixed, planned, vocabulary, encode):
    code: dict = {"UNIT": "documents", "SEED": 0}
    exec(CODE, code)  # as `mixpipe export --to litdata` has it
    rows = code["dataset"](mixed / "data", shuffle=False)
    np.testing.assert_allclose(losses(encode(row["text"] for row in rows), vocabulary), planned, rtol=1e-6)


def test_mds_by_mosaicml_streaming(streaming, mixed, planned, vocabulary, encode):
    stream = encode(streaming("read", mixed / "data"))
    np.testing.assert_allclose(losses(stream, vocabulary), planned, rtol=1e-6)


def test_parquet_by_datasets(mixed, planned, vocabulary, encode):
    from datasets import load_dataset

    rows = load_dataset("parquet", data_files=str(mixed / "data" / "*.parquet"), split="train", streaming=True)
    np.testing.assert_allclose(losses(encode(row["text"] for row in rows), vocabulary), planned, rtol=1e-6)
