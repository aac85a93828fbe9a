"""What writing litdata's own format holds: a shard's tokens a few times over, and no more for more shards."""

import numpy as np
import pyarrow as pa
import pytest

from mixpipe.shards.formats.litdata import LitData
from mixpipe.shards.formats.tokens import TokenLayout, TokenShard
from mixpipe.store.memory import CLEAR, forget_peak, peak_rss_mib
from mixpipe.tables import ENCODED

DOCUMENTS, LENGTH = 8_000, 2_000
MIB = 2 * DOCUMENTS * LENGTH / 2**20  # 30 MiB of tokens
TIMES = 3  # as the format says of itself


@pytest.fixture
def shard():
    same = {"id": "a", "domain": 0, "copy": 0, "source": "s", "n_tokens": LENGTH, "n_encoded": LENGTH}
    ids = np.full(DOCUMENTS * LENGTH, 3, "<u2")
    return TokenShard(ids, pa.Table.from_pylist([same] * DOCUMENTS, ENCODED), TokenLayout(4096, 3))


@pytest.mark.skipif(not CLEAR.exists(), reason="a peak is measured anew only by Linux")
def test_a_shard_is_held_a_few_times_and_eight_no_more_often(litdata, shard, tmp_path):
    def grown(count):
        """Return the most memory that writing some shards took beyond what there was, in MiB."""
        forget_peak()
        before = peak_rss_mib()
        for number in range(count):
            LitData().write(tmp_path / f"train-{number}.litdata", shard)
        return peak_rss_mib() - before

    grown(1)  # what the library loads
    once, eight = grown(1), grown(8)
    assert max(once, eight) < TIMES * MIB + 8
    assert eight < once + MIB / 2  # were every shard kept, seven more; the allocator alone makes a sixth
