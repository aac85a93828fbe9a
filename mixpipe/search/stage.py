"""Stage: documents, domains, scores and targets to the mixture that trains the best proxies.

    survey -> pools -> noise -> experts -> round-1 .. round-R -> finalists -> final

Every proxy is a part, run by itself on one thread; what a step may know is what the steps before it wrote. The files
are described in `survey.py`, `pools.py`, `running.py` and `finals.py`.
"""

from functools import partial

from mixpipe.search.config import SearchConfig
from mixpipe.search.evaluators import evaluator_identity, load_evaluator
from mixpipe.search.experts import plan_experts, run_expert
from mixpipe.search.finals import FINAL, FINALISTS, finish_final, finish_finalists, plan_final, plan_finalists
from mixpipe.search.given import GIVEN, finish_given, given_identity, no_parts, run_nothing
from mixpipe.search.pools import HELD_OUT, POOLS, finish_pools, plan_pools, run_pool
from mixpipe.search.rounds import (
    NOISE,
    finish_round,
    plan_noise,
    plan_round,
    round_name,
)
from mixpipe.search.running import run_trial
from mixpipe.search.survey import finish_survey, plan_survey, run_survey
from mixpipe.search.tally import EXPERTS
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Stage, Step

__all__ = ["SEARCH"]


def search_steps(config: SearchConfig) -> tuple[Step, ...]:
    """Return the steps of a search under its config."""
    survey = Step("survey", plan_survey, run_survey, finish_survey, keep=False)
    if config.mixture is not None:
        return (survey, Step(GIVEN, no_parts, run_nothing, finish_given))
    steps = [
        survey,
        Step("pools", plan_pools, run_pool, finish_pools, keep=False),
        Step(NOISE, plan_noise, run_trial, gpu=True, unit="proxy"),
    ]
    if config.screen or load_evaluator(config.evaluator).needs_experts:
        steps.append(Step(EXPERTS, plan_experts, run_expert, gpu=True, unit="expert"))
    for number in range(1, len(config.rounds) + 1):
        plan, finish = partial(plan_round, number=number), partial(finish_round, number=number)
        steps.append(Step(round_name(number), plan, run_trial, finish, gpu=True, unit="proxy"))
    return (
        *steps,
        Step(FINALISTS, plan_finalists, run_trial, finish_finalists, gpu=True, unit="proxy"),
        Step(FINAL, plan_final, run_trial, finish_final, gpu=True, unit="proxy"),
    )


def outside_identity(config: SearchConfig) -> dict[str, Json]:
    """Return the identity of a given mixture, or of what the evaluator reads outside the store."""
    return {**given_identity(config), **evaluator_identity(config)}


SEARCH = Stage(
    name="search",
    version=6,
    config=SearchConfig,
    inputs=("ingest", "domains", "scores", "targets"),
    steps=search_steps,
    outside=outside_identity,
    scratch=(POOLS, HELD_OUT),
)
