import pytest

from tasks.progress import watched


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
