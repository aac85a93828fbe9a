"""Settings of semantic duplicates, within those of the stage `duplicates`."""

from typing import Literal

from pydantic import Field, model_validator

from mixpipe.store.stage import StageConfig

__all__ = ["SemanticConfig"]


class SemanticConfig(StageConfig):
    """Which documents say the same in other words, and which of them is kept."""

    enabled: bool = Field(True, description="whether documents are compared by their embeddings at all")
    compare: Literal["all", "short"] = Field(
        "all", description="`short`: only texts of fewer than five words, of which near duplicates see nothing"
    )
    rule: Literal["chain", "greedy", "component"] = Field(
        "chain", description="what a document is compared with: any earlier one, kept earlier ones, its whole group"
    )
    threshold: float = Field(0.96, gt=0, le=1, description="cosine above which a document is a semantic duplicate")
    keep_share: float | None = Field(
        None, gt=0, le=1, description="share of documents to keep, in place of the threshold; rule `chain` only"
    )
    min_length_ratio: float = Field(
        0.95, ge=0, le=1, description="tokens of the shorter over those of the longer, below which two are not compared"
    )
    prefer: Literal["hard", "easy"] = Field(
        "hard", description="`hard`: what is farthest from the mean of its cell is kept; `easy`: what is nearest"
    )
    documents_per_cell: int = Field(
        4000, ge=16, description="larger domains are cut into cells of about so many, compared only within"
    )
    seed: int = Field(0, ge=0)

    @model_validator(mode="after")
    def _share_has_a_rule(self) -> "SemanticConfig":
        """Refuse a share under a rule whose duplicates are not those above a threshold."""
        if self.keep_share is not None and self.rule != "chain":
            raise ValueError(f"expected rule chain with keep_share, found {self.rule}; set rule=chain or a threshold")
        return self
