"""Settings of the stage `scores`."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from mixpipe.scores import SCORERS
from mixpipe.store.stage import StageConfig, execution_only

__all__ = ["DUPLICATES", "REPEATS", "TWIN_COLUMNS", "ScoresConfig", "SentencesConfig"]

# Reasons to drop a document for the sake of another one, and the column of twins in which each other one is named.
TWIN_COLUMNS = {"near-duplicate": "near_twin", "semantic-duplicate": "semantic_twin"}
REPEATS = "repeated-sentences"
DUPLICATES = ("duplicate", *TWIN_COLUMNS, REPEATS)
DEFAULT_DROP = ("duplicate", "near-duplicate", "leak:item", "leak:text", "leak:run")


class SentencesConfig(StageConfig):
    """Which sentences of what is kept are looked for in better documents."""

    enabled: bool = Field(False, description="whether sentences are compared at all; reads all texts once more")
    least_characters: int = Field(40, ge=1, description="shorter sentences do not count")
    keys_at_once: int = execution_only(
        default=1 << 23, ge=1, description="sentences sorted at once, about: 1 GiB for the default"
    )


LanguageCode = Annotated[str, StringConstraints(pattern="^[a-z]{2,3}$")]


class ScoresConfig(StageConfig):
    """Which scores each document gets, and which rules drop it."""

    scorers: tuple[str, ...] = Field(
        ("gopher", "c4", "fineweb", "texture", "leak", "perplexity", "classifier", "quality", "samplemix"),
        description="registered scorers, in order: each may read the columns of those before it",
    )
    quality: dict[str, float] = Field(
        default_factory=dict,
        description="weights of score columns in `quality`, negative where less is better; empty: the default blend",
    )
    quality_by_domain: dict[str, dict[str, float]] = Field(
        default_factory=dict, description="by domain name: weights as in `quality` that take its place there"
    )
    drop: tuple[str, ...] = Field(
        DEFAULT_DROP,
        description="what drops: `[near-|semantic-]duplicate`, `repeated-sentences`, a rule (`gopher:word-length`), a "
        "family (`c4`)",
    )
    sentences: SentencesConfig = Field(default_factory=SentencesConfig)
    most_repeated: float = Field(
        0.75, gt=0, le=1, description="share of sentences that a better document has, from which that is a reason"
    )
    length_norm: Literal["mean", "sqrt", "none"] = Field(
        "mean", description="dsir: what the sum over a document's n-grams is divided by: their number, its root, 1"
    )
    reference: str | None = execution_only(
        default=None,
        description="perplexity: a causal language model (its folder, or its name on the hub), or the texts (file or "
        "folder of .txt, .jsonl or .parquet with a column text) that one of n-grams is fitted on; none: the corpus",
    )
    trials: str | None = execution_only(
        default=None, description="preselect: folder of a sealed search over the same domains, whose trials it reads"
    )
    bad_words: str | None = execution_only(
        default=None, description="bad_words: text file with a word or phrase on each line; no list comes with mixpipe"
    )
    grader: str | None = execution_only(
        default=None,
        description="grade: a model with one output, such as HuggingFaceFW/fineweb-edu-classifier: folder or hub name",
    )
    languages: tuple[LanguageCode, ...] = Field(
        (),
        description="ISO 639 codes wanted by the scorer `language` (`language:other` drops the rest); none: all",
    )
    sample_documents: int = Field(20_000, ge=16, description="documents that reference models are fitted on")
    frozen: str | None = execution_only(
        default=None, description="folder of sealed scores whose fitted scorers are used again; none: fit"
    )
    seed: int = Field(0, ge=0)

    @field_validator("scorers")
    @classmethod
    def _registered(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in names if name not in SCORERS]:
            raise ValueError(f"expected scorers among {', '.join(sorted(SCORERS))}, found {', '.join(unknown)}")
        if len(set(names)) != len(names) or "quality" not in names:
            raise ValueError(f"expected every scorer once and quality among them, found {', '.join(names)}")
        return names

    @model_validator(mode="before")
    @classmethod
    def _default_reasons(cls, values: object) -> object:
        """Leave out of the default reasons those of scorers that are not configured."""
        if not isinstance(values, Mapping) or "drop" in values or "scorers" not in values:
            return values
        kept = [
            reason for reason in DEFAULT_DROP if reason in DUPLICATES or reason.partition(":")[0] in values["scorers"]
        ]
        return {**values, "drop": kept}

    @model_validator(mode="after")
    def _has_what_scorers_read(self) -> "ScoresConfig":
        # Found here, not when the scorer is fitted, which may be hours later.
        if "preselect" in self.scorers and not self.trials:
            raise ValueError(
                "expected scores.trials, the folder of a finished search, for the scorer preselect; found none"
            )
        if "bad_words" in self.scorers and not self.bad_words:
            raise ValueError(
                "expected scores.bad_words, a file with a word a line, for the scorer bad_words; found none"
            )
        if "grade" in self.scorers and not self.grader:
            raise ValueError("expected scores.grader, a model that grades texts, for the scorer grade; found none")
        return self

    @model_validator(mode="after")
    def _known_reasons(self) -> "ScoresConfig":
        families = [reason.partition(":")[0] for reason in self.drop]
        if unknown := [name for name in families if name not in (*DUPLICATES, *self.scorers)]:
            raise ValueError(
                f"expected drop reasons {', '.join(DUPLICATES)} or of scores.scorers, found {', '.join(unknown)}"
            )
        if REPEATS in self.drop and not self.sentences.enabled:
            raise ValueError(f"expected scores.sentences.enabled=true for {REPEATS} in scores.drop, found false")
        if self.languages and "language" not in self.scorers:
            raise ValueError("expected the scorer language in scores.scorers beside scores.languages, found it missing")
        return self
