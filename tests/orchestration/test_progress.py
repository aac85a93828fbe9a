import pytest

from tasks.bar import plural
from tasks.progress import watched


@pytest.mark.parametrize(
    ("count", "unit", "words"), [(1, "part", "1 part"), (0, "part", "0 parts"), (3, "proxy", "3 proxies")]
)
def test_units_are_counted_in_words(count, unit, words):
    assert plural(count, unit) == words


def test_off_a_terminal_a_finished_step_is_one_line_on_stderr(capsys):
    with watched("embed", "encode", total=3, done=1, unit="part") as tick:
        tick()
        tick(1)
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "embed encode: 3 parts\n"


def test_a_step_that_fails_is_not_said_to_be_finished(capsys):
    with pytest.raises(KeyError), watched("embed", "encode", total=3, done=0, unit="part"):
        raise KeyError
    assert capsys.readouterr().err == ""
