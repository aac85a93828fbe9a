"""Settings of the stage `embed`."""

from typing import Literal

from pydantic import Field

from mixpipe.store.stage import StageConfig, execution_only

__all__ = ["EmbedConfig"]


class EmbedConfig(StageConfig):
    """Which encoder turns a text into a vector."""

    encoder: str = Field("sentence", description="`sentence`, `static`, or another registered encoder")
    model: str = Field("sentence-transformers/all-MiniLM-L6-v2", description="hub name or folder of the model")
    max_tokens: int = Field(256, ge=8, description="tokens of a document that the encoder sees")
    dtype: Literal["auto", "float32", "bfloat16"] = Field("auto", description="`auto`: bfloat16 where it is native")
    batch_size: int = execution_only(default=64, ge=1, description="texts per forward pass")
    device: str | None = execution_only(default=None, description="`cpu`, `cuda`; none: CUDA when present")
