import pytest

from mixpipe.errors import ConfigError
from mixpipe.registry import load_plugin


def test_an_entry_is_imported_when_asked_for():
    assert load_plugin({"root": "math:sqrt"}, "root", "function")(9) == 3


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ConfigError, match="expected a surrogate among gp, ridge, found 'gpp'"):
        load_plugin({"ridge": "a:b", "gp": "c:d"}, "gpp", "surrogate")
