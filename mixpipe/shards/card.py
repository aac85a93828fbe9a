"""The data set card: `README.md` with the YAML that `datasets.load_dataset(FOLDER)` reads, and a table for people.

Split names and features stand in the YAML, because files of unknown names are otherwise guessed into one split and
types inferred from the first rows. A card describes files of one kind: those of the first format of texts that
`datasets` reads, or else the documents beside the tokens. Domain names and figures come from `dataset.json`.
"""

from collections.abc import Mapping
from io import StringIO
from typing import Any

import pyarrow as pa
from ruamel.yaml import YAML

from mixpipe.shards.formats import load_format
from mixpipe.shards.formats.tokens import DOCUMENTS, TokenFormat
from mixpipe.tables import SHARDS

__all__ = ["dataset_card"]

CARD = """---
{header}---

# Training data

{rows} (copies of documents), {tokens}, {shards}, made by mixpipe. {reading}
Weights are shares of tokens; `epochs` is how often a domain is seen.
Formats: {formats}.

| domain | name | share | wanted | tokens | rows | distinct documents | epochs |
|---|---|---:|---:|---:|---:|---:|---:|
{table}

`copy` is 0 for the first copy of a document and `copies` says how many there are. `mixture.json` has the shares at full
precision, `dataset.json` the counts by shard and domain, `manifest.json` the SHA-256 of every file.
"""


READING = {
    "mixed": "The mixture is applied and the order is shuffled: read the shards once, in order.",
    "by-domain": "Every domain is a folder of its own, shuffled, each document as often as planned: read the domains "
    "in the shares of `mixture.json`.",
}


def dataset_card(dataset: Mapping[str, Any]) -> str:
    """Return the text of `README.md`.

    Args:
        dataset: `dataset.json`.
    """
    train = dataset["splits"]["train"]
    forms = [load_format(name) for name in dataset["formats"]]
    suffixes = [form.suffix for form in forms if form.loads]
    suffixes += [DOCUMENTS for form in forms if isinstance(form, TokenFormat)]
    header: dict[str, Any] = {}
    if suffixes:
        header["configs"] = [
            {"config_name": name, "data_files": [{"split": "train", "path": f"{folder}/train-*{suffixes[0]}"}]}
            for name, folder in _folders(dataset).items()
        ]
    if suffixes[:1] == [".parquet"]:
        features = [{"name": field.name, "dtype": _dtype(field.type)} for field in SHARDS]
        split = {"name": "train", "num_bytes": dataset["text_bytes"], "num_examples": train["rows"]}
        header["dataset_info"] = {"config_name": "default", "features": features, "splits": [split]}
    table = "\n".join(_row(domain) for domain in dataset["domains"])
    counts = {things: _counted(train[things], things) for things in ("rows", "tokens", "shards")}
    return CARD.format(
        header=_yaml(header),
        reading=READING[dataset["layout"]],
        table=table + _phases(dataset),
        formats=", ".join(dataset["formats"]),
        **counts,
    )


def _folders(dataset: Mapping[str, Any]) -> dict[str, str]:
    """Return the folders that each configuration of the data set reads: all, one phase, one domain."""
    several = len(dataset["phases"]) > 1
    every = "data/phase-*" if several else "data"
    phases = {phase["folder"].removeprefix("data/"): phase["folder"] for phase in dataset["phases"] if several}
    if dataset["layout"] == "mixed":
        return {"default": every, **phases}
    domains = {domain["id"]: f"{every}/{domain['id']}" for domain in dataset["domains"]}
    return {"default": f"{every}/*", **{name: f"{folder}/*" for name, folder in phases.items()}, **domains}


def _phases(dataset: Mapping[str, Any]) -> str:
    """Return the epochs of every domain in every phase as a table; nothing where there is one phase."""
    if len(dataset["phases"]) == 1:
        return ""
    heads = [
        f"{_escaped(phase['name'])} ({phase['folder']}, {phase['tokens']:,} tokens)" for phase in dataset["phases"]
    ]
    epochs = [{domain["id"]: domain["epochs"] for domain in phase["domains"]} for phase in dataset["phases"]]
    rows = [
        f"| {domain['id']} | " + " | ".join(f"{of.get(domain['id'], 0.0):.2f}" for of in epochs) + " |"
        for domain in dataset["domains"]
    ]
    table = [f"| epochs | {' | '.join(heads)} |", f"|---|{'---:|' * len(heads)}", *rows]
    return "\n\n" + "\n".join(table)


def _row(domain: Mapping[str, Any]) -> str:
    shares = f"{domain['weight_realised']:.4f} | {domain['weight_target']:.4f}"
    counts = f"{domain['written_tokens']:,} | {domain['rows']:,} | {domain['docs']:,} | {domain['epochs']:.2f}"
    return f"| {domain['id']} | {_escaped(domain['name'])} | {shares} | {counts} |"


def _counted(number: int, things: str) -> str:
    return f"{number:,} {things.removesuffix('s') if number == 1 else things}"


def _escaped(name: str) -> str:
    return name.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


def _dtype(arrow: pa.DataType) -> str:
    """Return the name that `datasets` gives to an Arrow type of SHARDS."""
    return {pa.float32(): "float32"}.get(arrow, str(arrow))


def _yaml(value: Mapping[str, Any]) -> str:
    text = StringIO()
    YAML(typ="safe", pure=True).dump(dict(value), text)
    return text.getvalue()
