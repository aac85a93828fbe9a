"""What mosaicml-streaming reads and writes, as JSON on the standard output: a process of its own, without mixpipe.

`read FOLDER`: texts of an epoch in order. `blend FILE COLUMN`: tokens by domain, of one epoch of the streams in an
exported YAML file. `write ROWS FOLDER`: an MDS data set of the rows of a Parquet file.
"""

import json
import sys
from collections import Counter

import pyarrow.parquet as pq
import yaml
from streaming import MDSWriter, Stream, StreamingDataset

COLUMNS = {"int32": "int32", "int64": "int", "float": "float32", "string": "str", "large_string": "str"}


def read(folder: str) -> list[str]:
    return [sample["text"] for sample in StreamingDataset(local=folder, shuffle=False, batch_size=1)]


def blend(path: str) -> dict[str, int]:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123
        config = yaml.safe_load(file)
    streams = [Stream(**stream) for stream in config["streams"].values()]
    found: Counter[str] = Counter()
    for sample in StreamingDataset(streams=streams, epoch_size=config.get("epoch_size"), shuffle=True, batch_size=1):
        found[f"d{sample['domain']:03d}"] += int(sample["n_tokens"])
    return found


def write(rows: str, folder: str) -> None:
    table = pq.read_table(rows)
    columns = {field.name: COLUMNS[str(field.type)] for field in table.schema}
    with MDSWriter(out=folder, columns=columns) as writer:
        for row in table.to_pylist():
            writer.write({name: float("nan") if value is None else value for name, value in row.items()})


if __name__ == "__main__":
    command = {"read": read, "blend": blend, "write": write}[sys.argv[1]]
    answer = command(*sys.argv[2:])
    sys.stdout.write(json.dumps(answer))
