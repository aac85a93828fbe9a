"""Settings of token cleaning."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from mixpipe.errors import ConfigError
from mixpipe.shards.cleaning.turns import Template
from mixpipe.store.stage import StageConfig, execution_only

__all__ = ["CleaningConfig", "Scope", "cleaning_config"]

Scope = Literal["global", "sample"]


class CleaningConfig(StageConfig):
    """Which tokens keep their labels."""

    base: str = execution_only(description="the model that is to be trained: its folder, or its name on the hub")
    reference: str = execution_only(description="the same after training on better data: folder or name")
    keep: float = Field(0.6, gt=0, le=1, description="share of response tokens that keep their labels")
    scope: Scope = Field("global", description="the best tokens of all documents, or of each document")
    window: int = Field(2048, ge=2, description="tokens read as one stretch")
    response_after: str | None = Field(
        None, min_length=1, description="a document's tokens before this text are a prompt; none: there are no prompts"
    )
    prompt_after: str | None = Field(
        None,
        min_length=1,
        description="what ends a response and begins the next prompt; none: the document's end",
    )

    special_tokens: bool = Field(
        False, description="what a document spells like a special token, as a chat template does, is that token"
    )

    @property
    def template(self) -> Template:
        """How a document is read."""
        return Template(self.response_after, self.prompt_after, self.special_tokens)

    @field_validator("base", "reference")
    @classmethod
    def _found_from_anywhere(cls, model: str) -> str:
        """Return a folder's whole path, since workers may have started in another folder."""
        place = Path(model).expanduser()
        return str(place.absolute()) if place.is_dir() else model

    @model_validator(mode="after")
    def _has_responses(self) -> "CleaningConfig":
        if self.prompt_after and not self.response_after:
            raise ValueError("expected --response-after beside --prompt-after, found none")
        return self


def cleaning_config(values: Mapping[str, object]) -> CleaningConfig:
    """Return the settings given as options of the command line.

    Raises:
        ConfigError: one is out of range.
    """
    try:
        return CleaningConfig.model_validate(values)
    except ValidationError as error:
        wrong = error.errors()[0]
        option = "--" + "-".join(str(step) for step in wrong["loc"]).replace("_", "-")
        message = wrong["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{option}: {message}, found {wrong['input']!r}" if wrong["loc"] else message) from error
