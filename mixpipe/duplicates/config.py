"""Settings of the stage `duplicates`."""

from pydantic import Field

from mixpipe.duplicates.semantic_config import SemanticConfig
from mixpipe.store.stage import StageConfig, execution_only

__all__ = ["DuplicatesConfig"]


class DuplicatesConfig(StageConfig):
    """Which documents count as near duplicates, and which of them is kept."""

    threshold: float = Field(
        0.7, gt=0, le=1, description="similarity from which a document is a near duplicate: Jaccard of word 5-grams"
    )
    numbers_alike: bool = Field(
        False, description="all numbers are one word: texts that differ in figures alone are near duplicates"
    )
    bands: int = Field(25, ge=1, le=256, description="bands of a signature; equal in one: the pair is compared exactly")
    rows: int = Field(5, ge=1, le=64, description="minima in a band; pairs are found with 1 - (1 - s^rows)^bands")
    prefer: tuple[str, ...] = Field(
        (), max_length=255, description="sources whose documents are kept before others', best first; then the longest"
    )
    keys_at_once: int = execution_only(
        default=1 << 23, ge=1, description="bands sorted at once, about: 1 GiB for the default"
    )
    seed: int = Field(0, ge=0)
    semantic: SemanticConfig = Field(default_factory=SemanticConfig)
