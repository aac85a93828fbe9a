"""Which arithmetic the encoder's transformer uses: bfloat16 where the hardware has it, float32 elsewhere.

Detected, never assumed: a processor without the instructions emulates bfloat16 and is slower than in float32. The
answer is part of a document's identity, since it decides bytes; the device itself is not.
"""

import torch

from mixpipe.models.processor import cpu_has_bfloat16

__all__ = ["resolve_device", "resolve_dtype"]


def resolve_device(device: str | None) -> str:
    """Return the device to work on: the one asked for, else CUDA when present, else the CPU."""
    return device or ("cuda" if torch.cuda.is_available() else "cpu")


def resolve_dtype(dtype: str, device: str | None) -> str:
    """Return `float32` or `bfloat16`: the one asked for, or for `auto` what is native on the device."""
    if dtype != "auto":
        return dtype
    if resolve_device(device).startswith("cuda"):
        native = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        native = cpu_has_bfloat16()
    return "bfloat16" if native else "float32"
