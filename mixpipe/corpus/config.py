"""Settings of the stages `ingest` and `targets`."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from mixpipe.store.stage import StageConfig, execution_only

__all__ = ["IngestConfig", "TargetConfig", "TargetsConfig", "TextsConfig"]

# a name is part of file names, where a dash ends it
TargetName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,64}$")]
Label = Literal["positive", "negative"]


class IngestConfig(StageConfig):
    """Which documents come in, and how their columns are called."""

    paths: tuple[str, ...] = execution_only(
        min_length=1,
        description="files, folders, globs, URLs (`s3://bucket/prefix`), hub data sets as `hf:NAME[:CONFIG[:SPLIT]]`",
    )
    text: str = Field("text", description="name of the column that holds the text")
    id: str | None = Field("id", description="column with the input's own ids, kept in `meta`; ignored when absent")
    source: str | None = Field("source", description="column that says where a text is from; else the file's name")
    domain: str | None = Field(None, description="column with given domains: clustering is skipped")
    embedding: str | None = Field(None, description="column with ready embeddings: encoding is skipped")
    meta: tuple[str, ...] = Field((), description="further columns to carry into the shards' `meta`")
    tokenizer: str | None = execution_only(
        default=None, description="tokenizer.json, its folder or a hub name, known by content; none: train one"
    )
    vocabulary: int = Field(4096, ge=512, le=262144, description="tokens in the vocabulary, when one is trained")
    documents_per_part: int = Field(1024, ge=1, description="most documents in one part; larger for huge corpora")
    part_mib: float = Field(32.0, gt=0, description="most text in one part, MiB")
    max_document_mib: float = Field(16.0, gt=0, description="longer documents are quarantined, MiB")
    mask: bool = Field(
        False, description="e-mail addresses, telephone, card and account numbers and public IPs become `<email>` etc."
    )
    seed: int = Field(0, ge=0, description="seed of the sample that the tokenizer is trained on")


class TargetConfig(StageConfig):
    """One held-out set of texts."""

    path: str = execution_only(description="file, folder or URL of texts, any format that the corpus may have")
    weight: Annotated[float, Field(gt=0)] = 1.0
    text: str = "text"


class TextsConfig(StageConfig):
    """One set of texts."""

    path: str = execution_only(description="file, folder or URL of texts, any format that the corpus may have")
    text: str = "text"


class TargetsConfig(StageConfig):
    """Sets of texts: what the model should be good at, what it must not have read, what is known to be good and bad."""

    sets: dict[TargetName, TargetConfig] = Field(min_length=1, description="by name: letters, digits and underscores")
    protected: dict[TargetName, TextsConfig] = Field(
        default_factory=dict,
        description="benchmarks whose texts the scorer `leak` looks for, as {NAME: PATH}; they steer nothing",
    )
    labelled: dict[Label, TextsConfig] = Field(
        default_factory=dict,
        description="texts known to be good and bad, as {positive: PATH, negative: PATH}, for the scorers `classifier` "
        "and `ngram_classifier`; none: the texts of `sets`, and a sample of the corpus",
    )

    @model_validator(mode="after")
    def _names_once(self) -> "TargetsConfig":
        if twice := sorted(self.sets.keys() & self.protected.keys()):
            raise ValueError(
                f"expected every name once in targets.sets and targets.protected, found {', '.join(twice)}"
            )
        return self

    @property
    def by_prefix(self) -> dict[str, tuple[str, TargetConfig | TextsConfig]]:
        """All sets, with their settings' place, by the prefix of their files: `target-<name>` and so on."""
        kinds: list[tuple[str, str, Mapping[Any, TargetConfig | TextsConfig]]] = [
            ("target", "sets", self.sets),
            ("protected", "protected", self.protected),
            ("labelled", "labelled", self.labelled),
        ]
        return {
            f"{prefix}-{name}": (f"targets.{field}.{name}", found)
            for prefix, field, sets in kinds
            for name, found in sets.items()
        }
