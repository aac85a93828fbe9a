"""Settings of the stage `shards`."""

from pydantic import Field, field_validator

from mixpipe.shards.layout import LayoutName
from mixpipe.store.stage import StageConfig, execution_only

__all__ = ["ShardsConfig"]


class ShardsConfig(StageConfig):
    """How the training data is written."""

    formats: tuple[str, ...] = Field(("parquet",), min_length=1, description="registered formats, each of all the data")
    tokenizer: str | None = execution_only(
        default=None,
        description="of formats of tokens: tokenizer.json, its folder or a hub name, known by content; none: ingest's",
    )
    end_token: str | None = Field(None, description="token after each document; none: the tokenizer's only usual one")
    sequence_length: int | None = Field(None, ge=2, description="tokens in a sequence; none: a sequence is a document")
    layout: LayoutName = Field("mixed", description="all domains mixed, or each a data set of its own")
    shard_mib: float = Field(256.0, gt=0, le=1024, description="text in one shard, MiB; a worker holds it twice")
    seed: int = Field(0, ge=0, description="seed of the global shuffle")

    @field_validator("formats")
    @classmethod
    def _once_each(cls, formats: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(formats)) < len(formats):
            raise ValueError(f"expected each format once, found {', '.join(formats)}")
        return formats
