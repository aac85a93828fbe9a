import asyncio

import pytest
from prefect.client.schemas.objects import TaskRun
from prefect.states import Failed
from prefect.tasks import task

from mixpipe.errors import ConfigError, GateError, StageError, StoreError
from mixpipe.stages import STAGES
from tasks.policy import POLICIES, is_worth_a_retry


@task
def step() -> None:
    """Stand for any step."""


def test_every_stage_has_a_policy():
    assert list(POLICIES) == list(STAGES)


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (StoreError("no space"), True),
        (ConnectionError("the server"), True),
        (ConfigError("a wrong key"), False),
        (GateError("one giant domain"), False),
        (StageError("its own check"), False),
    ],
)
def test_trouble_of_the_surroundings_is_worth_a_retry_and_a_refusal_is_not(error, again):
    run = TaskRun.model_construct()
    assert asyncio.run(is_worth_a_retry(step, run, Failed(data=error))) is again
