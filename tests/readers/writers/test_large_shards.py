"""A document that begins 2^31 bytes into its shard, by the readers of tokens; the file before it is a hole."""

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.shards.formats import load_format
from mixpipe.shards.formats.tokens import TokenLayout, TokenShard
from mixpipe.tables import ENCODED

pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries' own
MISSING = "not installed; `make test-readers` does"
FIRST = 1 << 30  # tokens of two bytes
LAST = [11, 12, 13, 3]


@pytest.fixture
def written(tmp_path):
    """Writes the shard in a format, but for the tokens, of which only the last are."""
    same = {"domain": 0, "copy": 0, "source": "s", "n_tokens": 1}
    rows = [{"id": str(number), "n_encoded": length, **same} for number, length in enumerate([FIRST, len(LAST)])]

    def write_sparse(path):
        with path.open("wb") as file:
            file.seek(2 * FIRST)
            file.write(np.array(LAST, "<u2").tobytes())

    def write(name):
        class Sparse(type(load_format(name))):
            def write_ids(self, path, shard):
                write_sparse(path)

        write_sparse(tmp_path / "ids")
        ids = np.memmap(tmp_path / "ids", "<u2", "r")
        path = tmp_path / f"train{Sparse.suffix}"
        Sparse().write(path, TokenShard(ids, pa.Table.from_pylist(rows, ENCODED), TokenLayout(4096, LAST[-1])))
        return path

    return write


@pytest.mark.parametrize("is_mapped", [True, False])
def test_megatron_core(written, is_mapped):
    library = pytest.importorskip("megatron.core.datasets.indexed_dataset", reason=f"megatron-core is {MISSING}")
    found = library.IndexedDataset(str(written("megatron").with_suffix("")), mmap=is_mapped)
    assert found.sequence_lengths.tolist() == [FIRST, len(LAST)]
    assert found[1].tolist() == LAST


def test_datatrove(written):
    library = pytest.importorskip("datatrove.utils.dataset", reason=f"datatrove is {MISSING}")
    found = library.DatatroveFileDataset(str(written("datatrove")), seq_len=len(LAST) - 1, return_positions=True)
    assert len(found) == FIRST // len(LAST) + 1
    assert found[len(found) - 1]["input_ids"].tolist() == LAST


def test_olmo_core(written):
    library = pytest.importorskip("olmo_core.data.utils", reason=f"ai2-olmo-core is {MISSING}")
    path = written("olmo")
    *_, last = library.iter_document_indices(path, dtype=np.uint16, eos_token_id=LAST[-1], use_array_if_local=False)
    assert last == (FIRST, FIRST + len(LAST))
    assert library.load_array_slice(path, *last, np.uint16).tolist() == LAST
