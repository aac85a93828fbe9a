"""Byte by byte what the trainers' libraries write, and token by token what they read: run by `make test-readers`."""

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.shards.encoding import Encoder, encoded
from mixpipe.shards.formats.datatrove import Datatrove
from mixpipe.shards.formats.megatron import Megatron
from mixpipe.shards.formats.olmo import Olmo
from mixpipe.shards.formats.tokens import TokenLayout
from mixpipe.store.fingerprint import text_id
from mixpipe.tables import SHARDS
from mixpipe.tokenizer import END_OF_TEXT, end_token, load_tokenizer, train_tokenizer, vocabulary_size

pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries' own
MISSING = "not installed; `make test-readers` does"


def same_files(first, second, suffixes):
    for suffix in suffixes:
        assert (first.parent / f"{first.stem}{suffix}").read_bytes() == (
            second.parent / f"{second.stem}{suffix}"
        ).read_bytes()


def test_megatron_writes_the_same_and_reads_it(shard, documents, tmp_path):
    library = pytest.importorskip("megatron.core.datasets.indexed_dataset", reason=f"megatron-core is {MISSING}")
    ours, theirs = tmp_path / "ours.bin", tmp_path / "theirs.bin"
    Megatron().write(ours, shard)
    builder = library.IndexedDatasetBuilder(str(theirs), library.DType.optimal_dtype(shard.layout.vocabulary))
    for document in documents():
        builder.add_document(document.astype(np.int64), [len(document)])
    builder.finalize(str(theirs.with_suffix(".idx")))
    same_files(ours, theirs, (".bin", ".idx"))
    found = library.IndexedDataset(str(ours.with_suffix("")))
    assert len(found) == len(documents())
    assert all(np.array_equal(found[row], document) for row, document in enumerate(documents()))


def test_megatron_reads_sequences_of_one_length(shard, tmp_path):
    library = pytest.importorskip("megatron.core.datasets.indexed_dataset", reason=f"megatron-core is {MISSING}")
    length = 32
    kept = len(shard.ids) // length * length
    packed = shard._replace(ids=shard.ids[:kept], layout=shard.layout._replace(sequence_length=length))
    Megatron().write(tmp_path / "train.bin", packed)
    found = library.IndexedDataset(str(tmp_path / "train"))
    assert np.array_equal(np.concatenate([found[row] for row in range(len(found))]), packed.ids)
    assert set(found.sequence_lengths.tolist()) == {length}


def test_datatrove_writes_the_same_and_reads_it(shard, documents, tmp_path):
    library = pytest.importorskip("datatrove.pipeline.tokens.tokenizer", reason=f"datatrove is {MISSING}")
    reader = pytest.importorskip("datatrove.utils.dataset", reason=f"datatrove is {MISSING}")
    ours, theirs = tmp_path / "ours.ds", tmp_path / "theirs.ds"
    Datatrove().write(ours, shard)
    size = 2 if shard.layout.vocabulary <= 65_536 else 4
    file = library.TokenizedFile(
        str(tmp_path), theirs.name, tokenizer_name_or_path="tokenizer.json", save_final_metadata=True, token_size=size
    )
    for document in documents():
        file.write(document.tolist(), None)
    file.close()
    same_files(ours, theirs, (".ds", ".ds.index", ".ds.metadata"))
    found = reader.DatatroveFileDataset(str(ours), seq_len=63, token_size=size)
    windows = [found[row]["input_ids"].numpy() for row in range(len(found))]
    assert np.array_equal(np.concatenate(windows), shard.ids[: len(found) * 64])


def test_datatrove_tokenises_texts_to_the_same_bytes(tmp_path):
    library = pytest.importorskip("datatrove.pipeline.tokens.tokenizer", reason=f"datatrove is {MISSING}")
    data = pytest.importorskip("datatrove.data", reason=f"datatrove is {MISSING}")
    texts = [f"document {number} says \x00 little, naïve café, 你好 😀\r\n" * (number % 7 + 1) for number in range(300)]
    path = tmp_path / "tokenizer.json"
    path.write_text(train_tokenizer(texts, 400), encoding="utf-8")
    library.DocumentTokenizer(
        str(tmp_path / "theirs"), str(path), eos_token=END_OF_TEXT, shuffle_documents=False, save_filename="train"
    ).run(data.Document(text=text, id=str(number)) for number, text in enumerate(texts))
    tokenizer = load_tokenizer(str(path))
    encoder = Encoder(tokenizer, TokenLayout(vocabulary_size(tokenizer), end_token(tokenizer)), "")
    same = {"domain": 0, "domain_name": "d", "copy": 0, "copies": 1, "source": "s", "n_tokens": 0, "meta": "{}"}
    table = pa.Table.from_pylist([{"id": text_id(text), "text": text, **same} for text in texts], SHARDS)
    with encoded([table], encoder, tmp_path) as shard:
        Datatrove().write(tmp_path / "ours.ds", shard)
    (theirs,) = (tmp_path / "theirs").glob("*.ds")
    same_files(tmp_path / "ours.ds", theirs, (".ds", ".ds.index"))


@pytest.mark.parametrize("from_tokens", [False, True])
def test_olmo_core_finds_the_documents(shard, documents, tmp_path, from_tokens):
    library = pytest.importorskip("olmo_core.data.utils", reason=f"ai2-olmo-core is {MISSING}")
    types = pytest.importorskip("olmo_core.data.types", reason=f"ai2-olmo-core is {MISSING}")
    path = tmp_path / "train.npy"
    Olmo().write(path, shard)
    dtype = (
        types.NumpyDatasetDType.uint16 if shard.layout.vocabulary <= 65_536 else types.NumpyDatasetDType.uint32
    ).as_np_dtype()
    places = library.iter_document_indices(
        path, use_array_if_local=from_tokens, eos_token_id=shard.layout.end, dtype=dtype
    )
    found = [library.load_array_slice(path, start, end, dtype) for start, end in places]
    assert len(found) == len(documents())
    assert all(np.array_equal(mine, theirs) for mine, theirs in zip(documents(), found, strict=True))
