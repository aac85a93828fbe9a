"""The rivals of `benchmarks.formats`: each format's reference writer, in a process that has the library it comes from.

What a library takes is made before the clock starts: dictionaries, its own records, an array or a list of tokens a
document. Reads a name a line, writes with the rival of that name, and answers with the seconds that it took.

    PYTHONPATH=.readers/streaming python -m benchmarks.formats_side FOLDER mds
    PYTHONPATH=.readers/libraries python -m benchmarks.formats_side FOLDER parquet jsonl webdataset megatron datatrove
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

MDS = {"int32": "int32", "int64": "int", "float": "float32", "string": "str"}
Writer = Callable[[], object]


class Given(NamedTuple):
    """What both sides write.

    Attributes:
        folder: to write to.
        table: `rows.arrow` in it, schema SHARDS.
        documents: of `ids.npy` and `lengths.npy`, the tokens of each, in the type that they are written in.
    """

    folder: Path
    table: pa.Table
    documents: list[np.ndarray]


def open_given(folder: Path) -> Given:
    with pa.OSFile(str(folder / "rows.arrow")) as file:
        table = pa.ipc.open_file(file).read_all()
    ends = np.cumsum(np.load(folder / "lengths.npy"))
    return Given(folder, table, np.split(np.load(folder / "ids.npy"), ends[:-1]))


def mds(given: Given) -> Writer:
    from streaming import MDSWriter

    columns = {field.name: MDS[str(field.type)] for field in given.table.schema}
    nan = float("nan")
    rows = [{name: nan if value is None else value for name, value in row.items()} for row in given.table.to_pylist()]

    def write() -> None:
        with MDSWriter(out=str(given.folder / "mds"), columns=columns, exist_ok=True) as writer:
            for row in rows:
                writer.write(row)

    return write


def megatron(given: Given) -> Writer:
    from megatron.core.datasets.indexed_dataset import IndexedDatasetBuilder

    documents, path = given.documents, given.folder / "theirs.bin"

    def write() -> None:
        builder = IndexedDatasetBuilder(str(path), documents[0].dtype.type)
        for document in documents:
            builder.add_document(document, [len(document)])
        builder.finalize(str(path.with_suffix(".idx")))

    return write


def datatrove(given: Given) -> Writer:
    from datatrove.pipeline.tokens.tokenizer import TokenizedFile

    documents = [document.tolist() for document in given.documents]
    size = given.documents[0].itemsize

    def write() -> None:
        file = TokenizedFile(str(given.folder), "theirs.ds", save_final_metadata=True, token_size=size)
        for document in documents:
            file.write(document, None)
        file.close()

    return write


def jsonl(given: Given) -> Writer:
    from datatrove.data import Document
    from datatrove.pipeline.writers import JsonlWriter

    records = [Document(id=row.pop("id"), text=row.pop("text"), metadata=row) for row in given.table.to_pylist()]

    def write() -> None:
        with JsonlWriter(str(given.folder), "theirs.jsonl.zst", compression="zstd") as writer:
            for record in records:
                writer.write(record)

    return write


def webdataset(given: Given) -> Writer:
    from webdataset import TarWriter

    samples = [
        {"__key__": f"{number:08d}-{row['id']}", "txt": row.pop("text"), "json": row}
        for number, row in enumerate(given.table.to_pylist())
    ]

    def write() -> None:
        with TarWriter(str(given.folder / "theirs.tar"), mtime=0) as writer:
            for sample in samples:
                writer.write(sample)

    return write


def parquet(given: Given) -> Writer:
    """Under zstd, as ours, which is no argument of `to_parquet`."""
    from datasets import Dataset, disable_progress_bars

    from benchmarks.materialise import write_piece

    disable_progress_bars()
    dataset = Dataset(given.table)
    return lambda: write_piece(dataset, given.folder, "zstd", 1, 0)


RIVALS = {form.__name__: form for form in (parquet, jsonl, webdataset, mds, megatron, datatrove)}


def main() -> None:
    pa.set_cpu_count(1)
    given = open_given(Path(sys.argv[1]))
    writers = {name: RIVALS[name](given) for name in sys.argv[2:]}
    for line in sys.stdin:
        seconds, cpu = time.perf_counter(), time.process_time()
        writers[line.strip()]()
        print(time.perf_counter() - seconds, time.process_time() - cpu, flush=True)


if __name__ == "__main__":
    main()
