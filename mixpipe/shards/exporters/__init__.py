"""Registry of exporters: how the mixture is told to one trainer.

Adding a trainer is one file beside this one and one line here; tests/contracts/test_exporters.py picks it up.
"""

from mixpipe.registry import load_plugin
from mixpipe.shards.exporters.protocol import Exporter

__all__ = ["EXPORTERS", "load_exporter"]

EXPORTERS = {
    "axolotl": "mixpipe.shards.exporters.axolotl:Axolotl",
    "gpt-neox": "mixpipe.shards.exporters.gpt_neox:GptNeox",
    "hf": "mixpipe.shards.exporters.hf:HuggingFace",
    "levanter": "mixpipe.shards.exporters.levanter:Levanter",
    "litdata": "mixpipe.shards.exporters.litdata:LitData",
    "llama-factory": "mixpipe.shards.exporters.llama_factory:LlamaFactory",
    "megatron": "mixpipe.shards.exporters.megatron:Megatron",
    "megatron-bridge": "mixpipe.shards.exporters.megatron_bridge:MegatronBridge",
    "mosaicml": "mixpipe.shards.exporters.mosaicml:MosaicMl",
    "nanotron": "mixpipe.shards.exporters.nanotron:Nanotron",
    "olmo-core": "mixpipe.shards.exporters.olmo_core:OlmoCore",
    "torchtitan": "mixpipe.shards.exporters.torchtitan:TorchTitan",
    "webdataset": "mixpipe.shards.exporters.webdataset:WebDataset",
}


def load_exporter(name: str) -> Exporter:
    """Return the exporter of that name.

    Raises:
        ConfigError: there is no such exporter; the message lists those there are.
    """
    chosen: Exporter = load_plugin(EXPORTERS, name, "trainer")()
    return chosen
