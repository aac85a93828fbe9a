"""What this machine's processor can do, without loading torch."""

import re
from pathlib import Path

__all__ = ["cpu_has_bfloat16"]

CPUINFO = Path("/proc/cpuinfo")
# x86 says avx512_bf16 or amx_bf16, Arm says bf16; the AVX2 form (avx_vnni and its kin) has no bfloat16 products.
NATIVE = re.compile(r"^(?:flags|Features)\s*:.*\b(?:avx512_bf16|amx_bf16|bf16)\b", re.MULTILINE)


def cpu_has_bfloat16(cpuinfo: Path = CPUINFO) -> bool:
    """Tell whether the processor multiplies bfloat16; False where the system does not describe its processor."""
    return cpuinfo.is_file() and NATIVE.search(cpuinfo.read_text(encoding="utf-8", errors="replace")) is not None
