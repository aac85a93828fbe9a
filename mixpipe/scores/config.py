"""Settings of the stage `scores`."""

from pydantic import Field, field_validator, model_validator

from mixpipe.scores import SCORERS
from mixpipe.store.stage import StageConfig, execution_only

__all__ = ["DUPLICATES", "TWIN_COLUMNS", "ScoresConfig"]

# Reasons to drop a document for the sake of another one, and the column of twins in which each other one is named.
TWIN_COLUMNS = {"near-duplicate": "near_twin", "semantic-duplicate": "semantic_twin"}
DUPLICATES = ("duplicate", *TWIN_COLUMNS)


class ScoresConfig(StageConfig):
    """Which scores each document gets, and which rules drop it."""

    scorers: tuple[str, ...] = Field(
        ("gopher", "c4", "fineweb", "texture", "perplexity", "classifier", "quality", "samplemix"),
        description="registered scorers, in order: each may read the columns of those before it",
    )
    quality: dict[str, float] = Field(
        default_factory=dict,
        description="weights of score columns in `quality`, negative where less is better; empty: the default blend",
    )
    drop: tuple[str, ...] = Field(
        ("duplicate", "near-duplicate"),
        description="what drops one: `[near-|semantic-]duplicate`, a rule (`gopher:word-length`), a family (`c4`)",
    )
    sample_documents: int = Field(20_000, ge=16, description="documents that reference models are fitted on")
    frozen: str | None = execution_only(
        default=None, description="folder of sealed scores whose fitted scorers are used again; none: fit"
    )
    seed: int = Field(0, ge=0)

    @field_validator("scorers")
    @classmethod
    def _registered(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in names if name not in SCORERS]:
            raise ValueError(f"expected scorers among {', '.join(sorted(SCORERS))}, found {', '.join(unknown)}")
        if len(set(names)) != len(names) or "quality" not in names:
            raise ValueError(f"expected every scorer once and quality among them, found {', '.join(names)}")
        return names

    @model_validator(mode="after")
    def _known_reasons(self) -> "ScoresConfig":
        families = [reason.partition(":")[0] for reason in self.drop]
        if unknown := [name for name in families if name not in (*DUPLICATES, *self.scorers)]:
            raise ValueError(
                f"expected drop reasons {', '.join(DUPLICATES)} or of scores.scorers, found {', '.join(unknown)}"
            )
        return self
