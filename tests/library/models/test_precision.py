from mixpipe.models.precision import resolve_device, resolve_dtype
from mixpipe.models.processor import cpu_has_bfloat16


def test_what_is_asked_for_is_taken():
    assert resolve_dtype("float32", "cpu") == "float32"
    assert resolve_dtype("bfloat16", "cpu") == "bfloat16"
    assert resolve_device("cpu") == "cpu"


def test_auto_follows_the_processor():
    assert resolve_dtype("auto", "cpu") == ("bfloat16" if cpu_has_bfloat16() else "float32")
