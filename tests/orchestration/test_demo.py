from itertools import pairwise

from flows.demo import LEAST_CHARACTERS, MOST_CHARACTERS, MOST_PER_KIND, chosen, is_held_out, pieces, read


def test_a_package_is_held_out_as_a_whole_or_not_at_all():
    owners = [f"package{number}" for number in range(600)]
    held = [owner for owner in owners if is_held_out(owner)]
    assert 25 < len(held) < 80  # one in twelve
    assert all(is_held_out(f"{owner}/deep/module") for owner in held)


def test_at_most_so_many_lines_are_kept_in_an_order_that_is_not_the_files():
    lines = [f"line {number:05d}" for number in range(2 * MOST_PER_KIND)]
    kept = chosen(lines)
    assert len(set(kept)) == MOST_PER_KIND
    assert kept == chosen(lines[::-1])
    assert any(left > right for left, right in pairwise(kept))


def test_a_long_text_is_cut_where_paragraphs_end():
    text = "\n\n".join(f"paragraph {number} " + "word " * 60 for number in range(60))
    parts = [part for _, part in pieces("owner", text)]
    assert "".join(parts).startswith(text[:5000])
    assert all(LEAST_CHARACTERS <= len(part) < MOST_CHARACTERS for part in parts)
    assert all(part.startswith("paragraph") for part in parts)


def test_what_is_short_or_no_utf8_is_left_out(tmp_path):
    (tmp_path / "short").write_text("x")
    (tmp_path / "binary").write_bytes(b"\xff" * 500)
    (tmp_path / "text").write_text("é" * 500)
    found = [read("owner", tmp_path / name) for name in ("short", "binary", "text", "gone")]
    assert [list(texts) for texts in found] == [[], [], [("owner", "é" * 500)], []]
