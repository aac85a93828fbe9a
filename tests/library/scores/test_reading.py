import pyarrow as pa
import pytest

from mixpipe.errors import StageError
from mixpipe.scores.reading import check_aligned


def ids(*names):
    return pa.chunked_array([list(names)], pa.string())


def test_rows_of_the_same_documents_pass_however_they_are_cut():
    check_aligned("embed", "part", pa.chunked_array([["a"], ["b"]], pa.string()), ids("a", "b"))


@pytest.mark.parametrize("found", [("a",), ("b", "a")])
def test_other_rows_are_refused_with_the_stage_to_delete(found):
    with pytest.raises(StageError, match=r"part of embed, found others .*delete the artefact of embed"):
        check_aligned("embed", "part", ids(*found), ids("a", "b"))
