import pytest
from pydantic import Field, ValidationError

from mixpipe.store.stage import Part, Stage, StageConfig, Step, execution_only


class Settings(StageConfig):
    shares: tuple[float, ...] = (0.5, 0.5)
    seed: int = Field(0, ge=0)
    path: str = execution_only(default="here", description="where")


def test_identity_is_json_without_what_only_says_where_or_how():
    assert Settings(path="there").identity() == {"shares": [0.5, 0.5], "seed": 0}
    assert Settings.model_fields["path"].description == "where"


class Outer(StageConfig):
    inner: Settings = Settings()
    named: dict[str, Settings] = {"a": Settings(path="b")}  # noqa: RUF012  pydantic copies defaults
    elsewhere: Settings = execution_only(default=Settings())


def test_configs_within_a_config_are_known_by_their_own_identity():
    own = {"shares": [0.5, 0.5], "seed": 0}
    assert Outer().identity() == {"inner": own, "named": {"a": own}}
    assert Outer(inner=Settings(seed=1)).identity() != Outer(inner=Settings(path="there")).identity()


def test_a_config_refuses_unknown_keys_wrong_ranges_and_changes():
    with pytest.raises(ValidationError, match="sed"):
        Settings(sed=1)
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        Settings(seed=-1)
    with pytest.raises(ValidationError, match="frozen"):
        Settings().seed = 2


def test_a_stage_that_looks_at_nothing_outside_says_so():
    step = Step("one", lambda context: [Part("part", {}, {})], lambda context, part: {})
    assert Stage("made", 1, Settings, (), lambda config: (step,)).outside(Settings()) == {}
    assert (step.keep, step.gpu, step.finish) == (True, False, None)
