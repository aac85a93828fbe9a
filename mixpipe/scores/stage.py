"""The stage `scores`: measures of every document, and which documents are dropped.

`fit` draws a sample and fits the scorers, `score` measures all documents, `settle` finds who stands in for a document
that others were dropped for and a rule drops, `sentences` and `repeats`, where asked, count what a better document says
in the same sentences, `decide` writes `part-*.parquet` (scores_schema) and what the report
shows: `scores.json`, `removals.json`, `origins.json`, `examples.json`. Another `scores.drop` scores nothing again.
"""

from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.deciding import finish_decide, plan_decide, run_decide
from mixpipe.scores.fitting import finish_fit, outside, plan_fit, run_fit
from mixpipe.scores.given import reads_model
from mixpipe.scores.heirs import HEIRS_FILE, finish_settle, plan_settle, run_settle
from mixpipe.scores.scoring import SCORED, decided, plan_score, run_score
from mixpipe.scores.sentences import sentence_steps
from mixpipe.store.stage import Stage, Step

__all__ = ["SCORES"]


def steps(config: ScoresConfig) -> tuple[Step, ...]:
    """Return the stage's steps."""
    return (
        Step("fit", plan_fit, run_fit, finish_fit, keep=False),
        Step("score", plan_score, run_score, stand_in=decided, gpu=reads_model(config)),
        Step("settle", plan_settle, run_settle, finish_settle, keep=False),
        *(sentence_steps() if config.sentences.enabled else ()),
        Step("decide", plan_decide, run_decide, finish_decide),
    )


SCORES = Stage(
    name="scores",
    version=9,
    config=ScoresConfig,
    inputs=("ingest", "embed", "domains", "duplicates", "targets"),
    steps=steps,
    outside=outside,
    scratch=(SCORED, HEIRS_FILE),
)
