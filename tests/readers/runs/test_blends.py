"""The token shares that the trainers' own readers give, from our exports loaded as their instructions say.

Each reads a whole run, of some four million tokens where it draws at random: within 0.5 % of all tokens of what the
mixture says for every domain, and of what `--simulate` foretold.
"""

import importlib.util
import json
import random
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest
import yaml
from torch import distributed

from mixpipe.runs.export import Asked, export_blend
from mixpipe.shards.exporters.protocol import Settings

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # the libraries' own warnings
MISSING = "not installed; `make test-readers` does"
LENGTH = 32  # tokens of a sequence
TOLERANCE = 0.005


class Exported(NamedTuple):
    """The files of an export, and the shares that the mixture asks for and the simulation foretells."""

    folder: Path
    targets: dict[str, float]
    foretold: dict[str, float]
    draws: int

    def module(self, name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, self.folder / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def check(self, tokens: Counter[str], foretold: float = TOLERANCE) -> None:
        """Check the tokens read of each domain."""
        shares = {domain: count / tokens.total() for domain, count in tokens.items()}
        assert shares == pytest.approx(self.targets, abs=TOLERANCE, rel=0)
        assert shares == pytest.approx(self.foretold, abs=foretold, rel=0)


@pytest.fixture
def exported(tmp_path):
    """Exports the mixture of a run for a trainer that finds the training data where it was written."""

    def export(train: Path, trainer: str, **settings) -> Exported:
        asked = Asked(out=tmp_path / trainer, simulate=True)
        found = export_blend(train, trainer, Settings(LENGTH, prefix=str(train), **settings), asked)
        domains, draws = found.simulation.domains, found.simulation.draws
        targets, foretold = ({one.id: getattr(one, name) for one in domains} for name in ("target", "realised"))
        return Exported(tmp_path / trainer, targets, foretold, draws)

    return export


def tokens_of(rows) -> Counter[str]:
    found = Counter()
    for row in rows:
        found[f"d{row['domain']:03d}"] += row["n_tokens"]
    return found


@pytest.fixture
def process_group(tmp_path):
    """A group of one process, without which Megatron's data sets are not built."""
    distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/group", rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


def test_megatron_core(by_domain, exported, tmp_path, process_group):
    reason = f"megatron-core is {MISSING}"
    builder = pytest.importorskip("megatron.core.datasets.blended_megatron_dataset_builder", reason=reason)
    gpt = pytest.importorskip("megatron.core.datasets.gpt_dataset", reason=reason)
    blends = pytest.importorskip("megatron.core.datasets.utils", reason=reason)
    export = exported(by_domain, "megatron")
    arguments = (export.folder / "train.args").read_text().split()  # as --data-args-path is read
    config = gpt.GPTDatasetConfig(
        random_seed=1,
        sequence_length=LENGTH,
        blend=blends.get_blend_from_list(arguments),
        split="1,0,0",
        path_to_cache=str(tmp_path / "cache"),
        tokenizer=Tokenizer(),
        reset_position_ids=False,
        reset_attention_mask=False,
        eod_mask_loss=False,
        create_attention_mask=False,
    )
    sizes = [export.draws, 0, 0]
    train, *_ = builder.BlendedMegatronDatasetBuilder(gpt.GPTDataset, sizes, lambda: True, config).build()
    names = [Path(path).parent.name for path in arguments[1::2]]
    read = Counter()
    for row in range(export.draws):
        sample = train[row]
        read[names[sample["dataset_id"]]] += len(sample["tokens"])
    assert read.total() == export.draws * LENGTH
    export.check(read, foretold=2 / export.draws)


def test_olmo_core(by_domain, exported, tmp_path):
    mixtures = pytest.importorskip("olmo_core.data.source_mixture", reason=f"ai2-olmo-core is {MISSING}")
    numpy_dataset = pytest.importorskip("olmo_core.data.numpy_dataset", reason=f"ai2-olmo-core is {MISSING}")
    export = exported(by_domain, "olmo-core", batch_size=8)
    config = mixtures.SourceMixtureDatasetConfig.from_yaml(export.folder / "source_mixture.yaml")
    encoding = json.loads((by_domain / "dataset.json").read_text())["encoding"]
    found = numpy_dataset.NumpyFSLDatasetConfig.from_src_mix(
        config.replace(render_tables=False),
        sequence_length=LENGTH,
        tokenizer=olmo_tokenizer(encoding),
        work_dir=str(tmp_path / "work"),
    ).build()
    found.prepare()
    owners = {}
    for source in config.source_list.sources:
        for path in source.resolved_paths:
            ids = np.memmap(path, np.uint16, "r")
            rows = ids[: len(ids) // LENGTH * LENGTH].reshape(-1, LENGTH)
            owners |= {row.astype(np.int64).tobytes(): source.source_name for row in rows}
    read = Counter(owners[found[row]["input_ids"].numpy().astype(np.int64).tobytes()] for row in range(len(found)))
    assert read.total() * LENGTH == config.requested_tokens
    export.check(read)


def olmo_tokenizer(encoding):
    tokenizers = pytest.importorskip("olmo_core.data.tokenizer", reason=f"ai2-olmo-core is {MISSING}")
    end, vocabulary = encoding["end"], encoding["vocabulary"]
    return tokenizers.TokenizerConfig(vocab_size=vocabulary, eos_token_id=end, pad_token_id=end)


def test_nanotron(by_domain, exported):
    """By the reader that nanotron reads through, drawn by its rule: its only release has no data sets of tokens."""
    library = pytest.importorskip("datatrove.utils.dataset", reason=f"datatrove is {MISSING}")
    export = exported(by_domain, "nanotron")
    (stage,) = yaml.safe_load((export.folder / "data_stages.yaml").read_text())["data_stages"]
    assert (stage["start_training_step"], stage["data"]["num_loading_workers"]) == (1, 1)
    dataset = stage["data"]["dataset"]
    names = [Path(folder).name for folder in dataset["dataset_folder"]]
    for folder in dataset["dataset_folder"]:
        for path in Path(folder).glob("*.metadata"):
            head = f"{dataset['tokenizer_name']}|{dataset['token_size_in_bytes']}"
            assert path.read_text().splitlines()[0] == head
    size = dataset["token_size_in_bytes"]
    found = [
        library.DatatroveFolderDataset(folder, LENGTH - 1, "*.ds", recursive=False, token_size=size, shuffle=True)
        for folder in dataset["dataset_folder"]
    ]
    weights, drawn, read = np.array(dataset["dataset_weights"]), np.zeros(len(names), int), Counter()
    for sample in range(export.draws):
        chosen = int(np.argmax(weights * max(sample, 1) - drawn))
        row = found[chosen][drawn[chosen] % len(found[chosen])]["input_ids"]
        assert int(row.max()) < dataset["vocab_size"]
        drawn[chosen] += 1
        read[names[chosen]] += len(row)
    export.check(read, foretold=2 / export.draws)


class Tokenizer:
    """As much of a tokenizer as Megatron's data sets ask for."""

    eod, pad, vocab_size = 0, 0, 1024

    def __init__(self):
        self.unique_identifiers = {"class": "Tokenizer"}


def test_datasets(by_domain, exported):
    export = exported(by_domain, "hf")
    rows = list(export.module("load_mixture").load().select_columns(["domain", "n_tokens"]))
    assert len(rows) == export.draws
    export.check(tokens_of(rows))


@pytest.mark.parametrize("name", ["streams", "streams-proportion"])
def test_mosaicml_streaming(small_by_domain, exported, streaming, name):
    export = exported(small_by_domain, "mosaicml")
    export.check(Counter(streaming("blend", export.folder / f"{name}.yaml")), foretold=1e-3)


def test_webdataset(by_domain, exported):
    pytest.importorskip("webdataset", reason=f"webdataset is {MISSING}")
    export = exported(by_domain, "webdataset")
    random.seed(0)  # of which its mix draws
    rows = [json.loads(sample["json"]) for sample in export.module("load_mixture").load()]
    assert len(rows) == export.draws
    export.check(tokens_of(rows))


def test_litdata_with_sequences(litdata, by_domain, exported):
    export = exported(by_domain, "litdata")
    module = export.module("load_mixture")
    owners = {}
    for path in module.PATHS:
        owners |= {block.numpy().tobytes(): Path(path).name for block in module.dataset(path, shuffle=False)}
    read = Counter(owners[block.numpy().tobytes()] for block in module.load())
    assert read.total() > 0.97 * export.draws  # it ends with the first domain that does
    export.check(read)


def test_litdata_with_documents(litdata, by_domain, exported):
    export = exported(by_domain, "litdata", unit="documents")
    rows = list(export.module("load_mixture").load())
    assert len(rows) > 0.97 * export.draws
    export.check(tokens_of(rows))
