"""Settings of the stage `plan`."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from mixpipe.plan.makers import load_maker, maker_settings
from mixpipe.plan.makers.protocol import Maker
from mixpipe.store.files import read_json
from mixpipe.store.stage import StageConfig

__all__ = ["PlanConfig"]


class PlanConfig(StageConfig):
    """How shares become copies of documents."""

    budget_tokens: int = Field(gt=0, description="tokens of the training data")
    max_epochs: float = Field(4.0, gt=0, description="the most often that any document may be repeated")
    maker: str = Field("tilt", description="registered plan maker: which documents are repeated more often")
    settings: dict[str, Any] = Field(
        default_factory=dict,
        validate_default=True,
        description="the maker's own, as {strength: 0.5}, or a JSON file that holds them",
    )
    shares: Literal["search", "documents", "natural"] = Field(
        "search", description="of the domains: as found, what the maker's weights come to, or as in the corpus"
    )
    seed: int = Field(0, ge=0)

    @field_validator("maker")
    @classmethod
    def _registered(cls, name: str) -> str:
        load_maker(name)
        return name

    @field_validator("settings", mode="before")
    @classmethod
    def _complete(cls, given: object, info: ValidationInfo) -> object:
        """Fill in the defaults, so that what decides the plan is written down and told apart."""
        held = read_json(Path(given)) if isinstance(given, str) else given
        if "maker" not in info.data or not isinstance(held, dict):
            return held  # said to be wrong elsewhere
        return maker_settings(load_maker(info.data["maker"], held))

    @property
    def chosen(self) -> Maker:
        """The maker with its settings."""
        return load_maker(self.maker, self.settings)
