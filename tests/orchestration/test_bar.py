import pytest

from tasks.bar import bar, plural, transferred


@pytest.mark.parametrize(
    ("count", "unit", "words"), [(1, "part", "1 part"), (0, "part", "0 parts"), (3, "proxy", "3 proxies")]
)
def test_units_are_counted_in_words(count, unit, words):
    assert plural(count, unit) == words


def test_off_a_terminal_what_is_done_is_one_line_on_stderr(capsys):
    with bar("embed encode", total=3, done=1, unit="part") as tick:
        tick(2)
    assert capsys.readouterr() == ("", "embed encode: 3 parts\n")


def test_copies_are_run_to_their_end_and_counted(capsys):
    done = []
    transferred("shards send", 2, (done.append(name) or name for name in ("a", "b")))
    assert done == ["a", "b"]
    assert capsys.readouterr() == ("", "shards send: 2 files\n")


def test_nothing_to_copy_is_not_worth_a_line(capsys):
    transferred("shards send", 0, iter(()))
    assert capsys.readouterr() == ("", "")
