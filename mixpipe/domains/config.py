"""Settings of the stage `domains`."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from mixpipe.store.stage import StageConfig, execution_only

__all__ = ["DomainsConfig"]

MOST_DOMAINS = 1024


class DomainsConfig(StageConfig):
    """How documents are divided into domains."""

    count: int | Literal["auto"] = Field(
        "auto", description=f"domains after merging, 2 to {MOST_DOMAINS}; `auto`: by the merge tree, as the gate allows"
    )
    max_count: int = Field(24, ge=2, description="the most domains that `auto` may choose")
    clusters: int | None = Field(
        None, ge=2, le=4096, description="k-means cells before merging; none: from the sample size"
    )
    iterations: int = Field(25, ge=1, description="k-means iterations")
    sample_documents: int = Field(20_000, ge=16, description="documents that centroids and features are fitted on")
    lexical_weight: float = Field(1.0, ge=0, description="weight of lexical features beside the embedding; 0: none")
    lexical_dimensions: int = Field(100, ge=2, description="dimensions of the lexical features")
    min_share: float = Field(0.002, ge=0, lt=0.5, description="smaller domains are merged into their nearest")
    max_largest_share: float = Field(0.5, gt=0, le=1, description="gate: the largest domain's share of tokens")
    min_entropy: float = Field(0.4, ge=0, le=1, description="gate: entropy of the shares over log(domains)")
    frozen: str | None = execution_only(
        default=None, description="folder of an earlier domains artefact to take over instead of fitting"
    )
    seed: int = Field(0, ge=0)

    @field_validator("count", mode="before")
    @classmethod
    def _countable(cls, count: object) -> object:
        """Refuse in one line what would be an error of each of the two types."""
        if count != "auto" and not (isinstance(count, int) and 2 <= count <= MOST_DOMAINS):
            raise ValueError(f"expected `auto` or a number of domains from 2 to {MOST_DOMAINS}")
        return count

    @model_validator(mode="after")
    def _cells_suffice(self) -> Self:
        """Refuse fewer k-means cells than domains."""
        if self.clusters is not None and self.count != "auto" and self.clusters < self.count:
            raise ValueError(f"expected clusters >= count ({self.count}), found {self.clusters}; raise clusters")
        return self
