import pytest

from mixpipe.models.processor import cpu_has_bfloat16


@pytest.mark.parametrize(
    ("text", "native"),
    [
        ("processor\t: 0\nflags\t\t: fpu sse2 avx512f avx512_bf16 amx_tile\n", True),
        ("flags\t\t: fpu amx_bf16\n", True),
        ("Features\t: fp asimd bf16 i8mm\n", True),
        ("flags\t\t: fpu sse2 avx2 avx512f avx512_vnni\n", False),
        ("model name\t: a bf16 machine\nflags\t\t: fpu\n", False),
    ],
)
def test_bfloat16_is_read_from_the_processors_flags(tmp_path, text, native):
    (tmp_path / "cpuinfo").write_text(text)
    assert cpu_has_bfloat16(tmp_path / "cpuinfo") is native


def test_a_system_that_does_not_describe_its_processor_has_none(tmp_path):
    assert cpu_has_bfloat16(tmp_path / "missing") is False
