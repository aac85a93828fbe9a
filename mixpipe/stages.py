"""The stages in the order of the data's journey: a name and an import string each.

Import strings keep `status` and `plan` quick: a stage's module loads faiss, torch or scikit-learn.
"""

from typing import Literal

from mixpipe.registry import load_plugin
from mixpipe.store.stage import Stage

__all__ = ["STAGES", "StageName", "load_stage"]

StageName = Literal["targets", "ingest", "embed", "domains", "duplicates", "scores", "search", "plan", "shards"]

STAGES: dict[StageName, str] = {
    "targets": "mixpipe.corpus.targets:TARGETS",
    "ingest": "mixpipe.corpus.stage:INGEST",
    "embed": "mixpipe.embed.stage:EMBED",
    "domains": "mixpipe.domains.stage:DOMAINS",
    "duplicates": "mixpipe.duplicates.stage:DUPLICATES",
    "scores": "mixpipe.scores.stage:SCORES",
    "search": "mixpipe.search.stage:SEARCH",
    "plan": "mixpipe.plan.stage:PLAN",
    "shards": "mixpipe.shards.stage:SHARDS",
}


def load_stage(name: str) -> Stage:
    """Return the declaration of a stage.

    Raises:
        ConfigError: there is no such stage.
    """
    stage: Stage = load_plugin({str(stage): place for stage, place in STAGES.items()}, name, "stage")
    return stage
