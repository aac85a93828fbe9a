import pytest
from pydantic import ValidationError

from mixpipe.duplicates.semantic_config import SemanticConfig


@pytest.mark.parametrize("rule", ["greedy", "component"])
def test_a_share_to_keep_is_for_chains_only(rule):
    with pytest.raises(ValidationError, match=f"expected rule chain with keep_share, found {rule}"):
        SemanticConfig(keep_share=0.5, rule=rule)
    assert SemanticConfig(keep_share=0.5).rule == "chain"
    assert SemanticConfig(rule=rule).keep_share is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": 0},
        {"threshold": 1.1},
        {"keep_share": 0},
        {"documents_per_cell": 15},
        {"treshold": 0.9},
        {"compare": "long"},
    ],
)
def test_what_is_out_of_range_or_unknown_is_named(wrong):
    (field,) = wrong
    with pytest.raises(ValidationError, match=field):
        SemanticConfig(**wrong)
