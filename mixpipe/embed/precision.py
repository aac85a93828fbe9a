"""Which arithmetic the encoder's transformer uses: bfloat16 where the hardware has it, float32 elsewhere.

Detected, never assumed: a processor without the instructions emulates bfloat16 and is slower than in float32. The
answer is part of a document's identity, since it decides bytes; the device itself is not.
"""

import re
from pathlib import Path

import torch

__all__ = ["cpu_has_bfloat16", "resolve_device", "resolve_dtype"]

CPUINFO = Path("/proc/cpuinfo")
# x86 says avx512_bf16 or amx_bf16, Arm says bf16; the AVX2 form (avx_vnni and its kin) has no bfloat16 products.
NATIVE = re.compile(r"^(?:flags|Features)\s*:.*\b(?:avx512_bf16|amx_bf16|bf16)\b", re.MULTILINE)


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


def cpu_has_bfloat16(cpuinfo: Path = CPUINFO) -> bool:
    """Tell whether the processor multiplies bfloat16; False where the system does not describe its processor."""
    return cpuinfo.is_file() and NATIVE.search(cpuinfo.read_text(encoding="utf-8", errors="replace")) is not None
