"""Settings of the stage `plan`."""

from typing import Literal

from pydantic import Field

from mixpipe.store.stage import StageConfig

__all__ = ["PlanConfig"]


class PlanConfig(StageConfig):
    """How shares become copies of documents."""

    budget_tokens: int = Field(gt=0, description="tokens of the training data")
    max_epochs: float = Field(4.0, gt=0, description="the most often that any document may be repeated")
    quality: Literal["tilt", "none"] = Field("tilt", description="`tilt`: better documents are repeated more often")
    strength: float = Field(0.5, ge=0, le=1, description="tilt: 0 none; 1: worst 0, best 2 times the mean")
    seed: int = Field(0, ge=0)
