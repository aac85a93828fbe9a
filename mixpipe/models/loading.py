"""A model's folder to a model; the only home of transformers.

Nothing is fetched, no code of the folder is run, only safetensors are read, and a model of which weights are missing
is refused: the library would make them up. So is an adapter: the library would look for the model beneath it wherever
the adapter says, or leave the adapter out where the package for them is not installed.
"""

import contextlib
import io
import logging
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification  # noqa: TID251  this is their home

from mixpipe.errors import ConfigError

__all__ = ["load_model"]

KINDS: dict[str, Any] = {
    "causal language model": AutoModelForCausalLM,
    "model that grades texts": AutoModelForSequenceClassification,
}
ADAPTER = "adapter_config.json"
# What the library raises at a folder: ImportError where the weights are quantised in a way that takes another package.
REFUSED = (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError, StrictDataclassError)


def load_model(kind: str, folder: Path, dtype: str, device: str) -> Any:  # noqa: ANN401  one class per architecture
    """Return the model in a folder, ready for inference.

    Args:
        kind: what it has to be, one of `KINDS`.
        folder: with config.json and *.safetensors.
        dtype: `float32` or `bfloat16`.
        device: to put it on.

    Raises:
        ConfigError: it is none, or not all of one.
    """
    if (folder / ADAPTER).is_file():
        raise ConfigError(
            f"expected a whole {kind} in {folder}, found an adapter ({ADAPTER}); merge it into its model and save that"
        )
    logging.getLogger("transformers").setLevel(logging.ERROR)  # what matters is said below
    # Left to itself, the library asks at the terminal whether the folder's code may be run.
    settings = {"local_files_only": True, "use_safetensors": True, "trust_remote_code": False}
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # a progress bar and notes on what is missing, said below
            model, info = KINDS[kind].from_pretrained(
                folder, dtype=getattr(torch, dtype), output_loading_info=True, **settings
            )
    except REFUSED as error:
        raise ConfigError(
            f"expected a {kind} in {folder} (config.json, *.safetensors), found: {' '.join(str(error).split())[:300]}"
        ) from error
    if missing := sorted(info["missing_keys"]):
        raise ConfigError(
            f"expected all weights of {type(model).__name__} in {folder}, found {len(missing)} missing, first "
            f"{missing[0]}; give a model that was saved whole, with its output layer"
        )
    return model.to(device).eval()
