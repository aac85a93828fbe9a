import pytest

from mixpipe.errors import StoreError
from mixpipe.shards.records import MixtureRecord, read_record
from mixpipe.store.files import write_json


def test_a_record_without_a_field_is_one_clear_line(tmp_path):
    write_json(tmp_path / "mixture.json", {"digest": "sha256:0"})
    with pytest.raises(StoreError, match="expected the fields of MixtureRecord") as caught:
        read_record(tmp_path / "mixture.json", MixtureRecord)
    assert "\n" not in str(caught.value)
