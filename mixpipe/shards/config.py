"""Settings of the stage `shards`."""

from pydantic import Field

from mixpipe.store.stage import StageConfig

__all__ = ["ShardsConfig"]


class ShardsConfig(StageConfig):
    """How the training data is written."""

    format: str = Field("parquet", description="registered format")
    shard_mib: float = Field(256.0, gt=0, le=1024, description="text in one shard, MiB; a worker holds it twice")
    seed: int = Field(0, ge=0, description="seed of the global shuffle")
