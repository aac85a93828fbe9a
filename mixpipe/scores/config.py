"""Settings of the stage `scores`."""

from typing import Annotated

from pydantic import Field, StringConstraints, field_validator, model_validator

from mixpipe.scores import SCORERS
from mixpipe.store.stage import StageConfig, execution_only

__all__ = ["ScoresConfig"]

LanguageCode = Annotated[str, StringConstraints(pattern="^[a-z]{2,3}$")]


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
        ("duplicate",),
        description="what drops a document: `duplicate`, a rule (`gopher:word-length`), a family (`c4`)",
    )
    languages: tuple[LanguageCode, ...] = Field(
        (),
        description="ISO 639 codes wanted by the scorer `language` (`language:other` drops the rest); none: all",
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
        if unknown := [name for name in families if name != "duplicate" and name not in self.scorers]:
            raise ValueError(f"expected drop reasons duplicate or of scores.scorers, found {', '.join(unknown)}")
        if self.languages and "language" not in self.scorers:
            raise ValueError("expected the scorer language in scores.scorers beside scores.languages, found it missing")
        return self
