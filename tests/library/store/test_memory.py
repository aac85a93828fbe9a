import pytest

from mixpipe.store.memory import CLEAR, forget_peak, peak_rss_mib


def test_a_peak_is_seen_and_can_be_forgotten():
    forget_peak()
    before = peak_rss_mib()
    block = bytearray(64 << 20)
    block[:: 1 << 12] = b"x" * len(block[:: 1 << 12])  # touch every page
    with_block = peak_rss_mib()
    assert with_block >= before + 60
    del block
    if not CLEAR.exists():
        pytest.skip("this system cannot reset the high-water mark")
    forget_peak()
    assert peak_rss_mib() < with_block - 50
