"""Settings of the stage `search`."""

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from mixpipe.search.objective import ObjectiveKind
from mixpipe.store.stage import StageConfig, execution_only

__all__ = ["CommandConfig", "ProxyConfig", "SearchConfig", "argument_file"]


class ProxyConfig(StageConfig):
    """The small language model that is trained on a mixture to learn what the mixture is worth."""

    width: int = Field(64, ge=16, description="model dimension, a multiple of `heads`")
    layers: int = Field(2, ge=1)
    heads: int = Field(2, ge=1, validate_default=True)
    context: int = Field(64, ge=16, description="tokens in a sequence")
    batch: int = Field(8, ge=1, description="sequences in a step")
    tokens: int = Field(200_000, ge=1000, description="training tokens of a proxy")
    learning_rate: float = Field(3e-3, gt=0)
    warmup: float = Field(0.1, ge=0, lt=1, description="share of the steps")
    average: float = Field(0.0, ge=0, le=1, description="share of the last steps whose weights are averaged")
    checkpoints: int = Field(0, ge=0, description="times on the way at which the targets are measured")
    dtype: Literal["auto", "bfloat16", "float32"] = Field("auto", description="`auto`: bfloat16 where it is native")
    together: int | None = execution_only(
        default=None,
        ge=1,
        description="most proxies trained as one program, each in 15 MiB at the defaults: 20 bytes a parameter and its "
        "activations; none: 64 on an accelerator, 1 on a CPU",
    )

    @field_validator("heads")
    @classmethod
    def _divides_the_width(cls, heads: int, info: ValidationInfo) -> int:
        width = info.data.get("width", heads)  # absent when it is wrong itself
        if width % heads:
            raise ValueError(f"expected a divisor of search.proxy.width, which is {width}")
        return heads


class CommandConfig(StageConfig):
    """The user's own trainer, for the evaluator `command`; known by the content of the files that it names."""

    argv: tuple[str, ...] = execution_only(
        default=(), description="program and arguments; {mixture}, {data} and {out} become paths"
    )
    minutes: float = execution_only(default=60.0, gt=0, description="time limit of one try")
    retries: int = execution_only(
        default=1, ge=0, description="further tries after a crash, a time-out or a run without losses"
    )
    maximise: tuple[str, ...] = Field(
        (), description="targets of which more is better, as an accuracy; negated in all that is shown"
    )


def argument_file(argument: str, folder: Path) -> tuple[str, Path] | None:
    """Return the file that an argument of a command names, after what stands before its name, as in `--config=FILE`.

    Args:
        argument: one argument.
        folder: where a relative name begins.
    """
    option, equals, value = argument.partition("=")
    for before, name in (("", argument), (option + equals, value)):
        with suppress(OSError):  # too long for a name
            if name and (folder / name).is_file():
                return before, folder / name
    return None


class SearchConfig(StageConfig):
    """How the mixture is found."""

    budget_tokens: int = Field(gt=0, description="tokens of the training run that the mixture is for")
    mixture: str | None = execution_only(
        default=None,
        description="a mixture.json, or shares by domain name, taken as they are, with their phases; none: search; in "
        "short --set mixture=FILE",
    )
    method: str = Field("mixpipe", description="registered method, with `:variant` where there are several")
    surrogate: str | None = Field(None, description="registered surrogate; none: the method's own")
    evaluator: str = Field("transformer", description="registered evaluator of the rounds' trials")
    screen: bool = Field(True, description="screen candidates with one expert per domain before training proxies")
    strata: Literal[1, 2, 4, 8, 16] = Field(
        1, description="quality strata of each domain whose shares are searched by themselves; the plan keeps them"
    )
    objective: ObjectiveKind = Field(
        "mean", description="over targets: `mean`, the `worst`, or the mean `rank` among the trials"
    )
    rounds: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (16, 8, 4), min_length=1, description="proxies in each round"
    )
    stop_early: bool = Field(False, description="skip the rounds left when the gain foreseen is below the noise")
    max_epochs: float = Field(4.0, gt=0, description="the most often that any domain may be repeated")
    min_weight: float = Field(0.0, ge=0, lt=1, description="floor on every domain's share")
    noise_seeds: int = Field(
        3, ge=2, description="seeds of the natural mixture; from 3 on, weak targets lose their weight"
    )
    finalist_seeds: int = Field(2, ge=1, description="fresh seeds for each mixture that may win")
    final_seeds: int = Field(3, ge=2, description="fresh seeds for the winner and the controls")
    final_scale: float = Field(2.0, ge=1, description="their training tokens, as a multiple of the proxies'")
    vocabulary: int | None = Field(
        1024, ge=512, description="tokens in the proxies' vocabulary, cut from ingest's; none: all of ingest's"
    )
    eval_tokens: int = Field(8192, ge=256, description="most tokens measured per target")
    recorded: str | None = execution_only(
        default=None, description="a table of recorded runs (w:DOMAIN, y:TARGET), for the evaluator `replay`"
    )
    command: CommandConfig = Field(default_factory=CommandConfig)
    proxy: ProxyConfig = Field(default_factory=ProxyConfig)
    seed: int = Field(0, ge=0)

    @property
    def searched_strata(self) -> int:
        """Quality strata of each domain that are searched: a given mixture brings its own."""
        return 1 if self.mixture is not None else self.strata

    @property
    def proxy_tokens(self) -> int:
        """Training tokens of a proxy: one longer than the run it stands for would repeat its data more often."""
        return min(self.proxy.tokens, self.budget_tokens)

    @property
    def final_tokens(self) -> int:
        """Training tokens of the winner's and the controls' proxies."""
        return min(round(self.proxy.tokens * self.final_scale), self.budget_tokens)
