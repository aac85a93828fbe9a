"""A shard of more than 2^31 bytes of text, which one Arrow column of 32-bit offsets cannot hold."""

import pyarrow as pa
import pytest

from mixpipe.shards.config import ShardsConfig
from mixpipe.shards.formats import FORMATS, load_format
from mixpipe.shards.formats.tokens import TokenFormat
from mixpipe.shards.scatter import SCATTERED
from mixpipe.shards.stage import run_gather
from mixpipe.store.fingerprint import text_id
from mixpipe.store.stage import Context, Part

DOCUMENTS, LENGTH = 260, 1 << 23  # 2.03 GiB
NAME = "data/train-00000-of-00001"


def make_batch():
    texts = [f"{number} ".ljust(LENGTH, "x") for number in range(DOCUMENTS)]
    columns = {name: [0] * DOCUMENTS for name in ("domain", "copy", "copies", "n_tokens", "quality", "licence_tier")}
    columns |= {"id": [text_id(text) for text in texts], "text": texts}
    columns |= {"source": ["made"] * DOCUMENTS, "meta": ["{}"] * DOCUMENTS}
    columns["position"] = [(7 * number % DOCUMENTS) / DOCUMENTS for number in range(DOCUMENTS)]
    arrays = [pa.array(columns[field.name], field.type) for field in SCATTERED]
    return pa.RecordBatch.from_arrays(arrays, schema=SCATTERED)


@pytest.mark.slow
def test_every_format_of_texts_holds_it_all_in_order(documents, plan_inputs, tmp_path):
    names = [name for name in sorted(FORMATS) if not isinstance(load_format(name), TokenFormat)]
    context = Context(ShardsConfig(formats=names), plan_inputs(documents(20), budget_tokens=500), tmp_path / "out")
    context.out.mkdir()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(context.out / "scatter-00000-of-00001.arrow", SCATTERED, options=options) as file:
        file.write_batch(make_batch())
    assert run_gather(context, Part(NAME, {"shard": 0}, {})) == {"documents": DOCUMENTS}
    for form in map(load_format, names):
        path = context.out / f"{NAME}{form.suffix}"
        rows = form.read(path, ["id", "text"])
        assert rows["text"].nbytes > 1 << 31
        assert list(form.problems(path, rows)) == []  # each text is its id's
        path.unlink()
        order = sorted(range(DOCUMENTS), key=lambda number: 7 * number % DOCUMENTS)
        assert [text[:9].split(" ")[0] for text in rows["text"].to_pylist()] == [str(number) for number in order]
