"""Stage: documents, domains, scores and targets to the mixture that trains the best proxies.

    survey -> pools -> noise -> experts -> round-1 .. round-R -> finalists -> final

Every proxy is a part, run by itself on one thread or, where `proxy.together` says so, with others as one program; what
a step may know is what the steps before it wrote. The files are described in `survey.py`, `pools.py`, `running.py` and
`finals.py`.
"""

from functools import partial

from mixpipe.search.config import SearchConfig
from mixpipe.search.evaluators import evaluator_identity, load_evaluator
from mixpipe.search.experts import plan_experts, run_expert, run_experts
from mixpipe.search.finals import FINAL, FINALISTS, finish_final, finish_finalists, plan_final, plan_finalists
from mixpipe.search.given import GIVEN, finish_given, given_identity, no_parts, run_nothing
from mixpipe.search.pools import HELD_OUT, POOLS, finish_pools, plan_pools, run_pool
from mixpipe.search.proxy import most_together
from mixpipe.search.rounds import (
    NOISE,
    finish_round,
    judge_name,
    plan_noise,
    plan_round,
    round_name,
)
from mixpipe.search.running import run_trial, run_trials
from mixpipe.search.survey import finish_survey, plan_survey, run_survey
from mixpipe.search.tally import EXPERTS
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Stage, Step, Together

__all__ = ["SEARCH"]


def search_steps(config: SearchConfig) -> tuple[Step, ...]:
    """Return the steps of a search under its config."""
    survey = Step("survey", plan_survey, run_survey, finish_survey, keep=False)
    if config.mixture is not None:
        return (survey, Step(GIVEN, no_parts, run_nothing, finish_given))
    size = partial(most_together, config.proxy)
    proxies = partial(Step, run=run_trial, gpu=True, unit="proxy")
    judged = Together(run_trials, size) if load_evaluator(judge_name(config)).together else None
    searched = Together(run_trials, size) if load_evaluator(config.evaluator).together else None
    steps = [
        survey,
        Step("pools", plan_pools, run_pool, finish_pools, keep=False),
        proxies(NOISE, plan_noise, together=judged),
    ]
    if config.screen or load_evaluator(config.evaluator).needs_experts:
        together = Together(run_experts, size)
        steps.append(Step(EXPERTS, plan_experts, run_expert, gpu=True, unit="expert", together=together))
    for number in range(1, len(config.rounds) + 1):
        plan, finish = partial(plan_round, number=number), partial(finish_round, number=number)
        steps.append(proxies(round_name(number), plan, finish=finish, together=searched))
    return (
        *steps,
        proxies(FINALISTS, plan_finalists, finish=finish_finalists, together=judged),
        proxies(FINAL, plan_final, finish=finish_final, together=judged),
    )


def outside_identity(config: SearchConfig) -> dict[str, Json]:
    """Return the identity of a given mixture, or of what the evaluator reads outside the store."""
    return {**given_identity(config), **evaluator_identity(config)}


SEARCH = Stage(
    name="search",
    version=9,
    config=SearchConfig,
    inputs=("ingest", "domains", "scores", "targets"),
    steps=search_steps,
    outside=outside_identity,
    scratch=(POOLS, HELD_OUT),
)
