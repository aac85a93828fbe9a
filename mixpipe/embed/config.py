"""Settings of the stage `embed`."""

from typing import Literal

from pydantic import Field

from mixpipe.store.stage import StageConfig, execution_only

__all__ = ["EmbedConfig"]


class EmbedConfig(StageConfig):
    """Which encoder turns a text into a vector."""

    encoder: str = Field("sentence", description="`sentence`, or `static` for very large corpora")
    model: str = execution_only(
        default="sentence-transformers/all-MiniLM-L6-v2",
        description="hub name or folder of the model, known by its weights",
    )
    max_tokens: int = Field(128, ge=8, description="tokens of a document that the encoder sees, if its model can")
    dtype: Literal["auto", "float32", "bfloat16"] = Field("auto", description="`auto`: bfloat16 where it is native")
    device: str | None = execution_only(default=None, description="`cpu`, `cuda`; none: CUDA when present")
