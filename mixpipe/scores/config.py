"""Settings of the stage `scores`."""

from pydantic import Field

from mixpipe.store.stage import StageConfig

__all__ = ["ScoresConfig"]


class ScoresConfig(StageConfig):
    """Which scores each document gets, and which rules drop it."""

    scorers: tuple[str, ...] = Field(
        ("gopher", "c4", "fineweb", "perplexity", "classifier", "samplemix"), description="registered scorers"
    )
    quality: dict[str, float] = Field(
        default_factory=dict, description="weights of score columns in `quality`; empty: the default blend"
    )
    drop: tuple[str, ...] = Field(("duplicate",), description="reasons that remove a document from the plan")
    sample_documents: int = Field(20_000, ge=16, description="documents that reference models are fitted on")
    seed: int = Field(0, ge=0)
