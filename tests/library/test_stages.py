import pytest

from mixpipe.config import RunConfig
from mixpipe.errors import ConfigError
from mixpipe.stages import STAGES, load_stage


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_is_declared_under_its_name_after_its_inputs(name):
    stage = load_stage(name)
    earlier = list(STAGES)[: list(STAGES).index(name)]
    assert stage.name == name
    assert set(stage.inputs) <= set(earlier)
    assert RunConfig.model_fields[name].annotation is stage.config


def test_an_unknown_stage_lists_the_known_ones():
    with pytest.raises(ConfigError, match="targets"):
        load_stage("cluster")
