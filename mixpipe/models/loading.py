"""A model's folder to a model; the only home of transformers.

Nothing is fetched, no code of the folder is run, only safetensors are read, and a model of which weights are missing
is refused: the library would make them up.
"""

import contextlib
import io
from collections.abc import Iterator
from logging import ERROR
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification  # noqa: TID251  this is their home
from transformers.utils import logging  # noqa: TID251

from mixpipe.errors import ConfigError

__all__ = ["load_model"]

KINDS: dict[str, Any] = {
    "causal language model": AutoModelForCausalLM,
    "model that grades texts": AutoModelForSequenceClassification,
}


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
    settings = {"local_files_only": True, "use_safetensors": True, "output_loading_info": True}
    try:
        with contextlib.redirect_stderr(io.StringIO()), _quiet():  # a progress bar, and what is missing, said below
            model, info = KINDS[kind].from_pretrained(folder, dtype=getattr(torch, dtype), **settings)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise ConfigError(
            f"expected a {kind} in {folder} (config.json, *.safetensors), found: {' '.join(str(error).split())[:300]}"
        ) from error
    if missing := sorted(info["missing_keys"]):
        raise ConfigError(
            f"expected all weights of {type(model).__name__} in {folder}, found {len(missing)} missing, first "
            f"{missing[0]}; give a model that was saved whole, with its output layer"
        )
    return model.to(device).eval()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's warnings from the screen: it holds on to the stream that it once found."""
    before = logging.get_verbosity()
    logging.set_verbosity(ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(before)
