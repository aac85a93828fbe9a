import pytest
from pydantic import ValidationError

from mixpipe.domains.config import DomainsConfig


def test_fewer_cells_than_domains_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"clusters >= count \(17\), found 5"):
        DomainsConfig(count=17, clusters=5)


def test_the_path_of_a_frozen_model_is_no_identity() -> None:
    assert DomainsConfig(frozen="/a").identity() == DomainsConfig().identity()


@pytest.mark.parametrize("count", [0, 1, 1025, 2.5, True, None, "many"])
def test_counts_that_cannot_be_are_refused_in_one_line(count: object) -> None:
    with pytest.raises(ValidationError, match="expected `auto` or a number of domains from 2 to 1024") as error:
        DomainsConfig(count=count)
    assert error.value.error_count() == 1
