"""Settings of the stage `plan`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator, model_validator

from mixpipe.errors import StoreError
from mixpipe.mixture.schedule import ANNEAL_SHARE, LATE_SHARE, Rate
from mixpipe.plan.makers import load_maker, maker_settings
from mixpipe.plan.makers.protocol import Maker
from mixpipe.store.files import read_json
from mixpipe.store.stage import StageConfig

__all__ = ["DesignConfig", "PhaseConfig", "PlanConfig"]


class PhaseConfig(StageConfig):
    """One stretch of the training data."""

    name: str = Field(min_length=1)
    share: float = Field(gt=0, le=1, description="of the budget")
    mixture: dict[str, float] | None = Field(None, description="shares by domain name; none: those of the plan")
    rate: Rate = Field("stable", description="of learning, for the trainer: rises to the highest, stays or falls")
    end_rate: float = Field(0.0, ge=0, le=1, description="at the end of a `decay`, as a share of the highest")


class DesignConfig(StageConfig):
    """Two phases of a known design: the mixture of the plan, and then another."""

    kind: Literal["two-phase", "annealing"]
    last: dict[str, float] | None = Field(
        None, description="shares by domain name in the second; none: those of the plan, the control of an annealing"
    )
    last_share: float | None = Field(None, gt=0, lt=1, description="of the budget; none: 0.4, of an annealing 0.1")

    @property
    def phases(self) -> tuple[PhaseConfig, ...]:
        """Both phases; in the second of an annealing the learning rate falls to zero."""
        names, usual, rate = DESIGNS[self.kind]
        share = usual if self.last_share is None else self.last_share
        first = PhaseConfig(name=names[0], share=1 - share)
        return first, PhaseConfig(name=names[1], share=share, mixture=self.last, rate=rate)


DESIGNS: dict[str, tuple[tuple[str, str], float, Rate]] = {
    "two-phase": (("early", "late"), LATE_SHARE, "stable"),
    "annealing": (("stable", "anneal"), ANNEAL_SHARE, "decay"),
}


def _form(phases: object) -> str:
    """Return which form phases are given in, so that a wrong one is told what is wrong with it alone."""
    if isinstance(phases, Mapping | DesignConfig):
        return "design"
    return "number" if isinstance(phases, int) else "list"


Phases: TypeAlias = Annotated[
    Annotated[int, Field(ge=1), Tag("number")]
    | Annotated[DesignConfig, Tag("design")]
    | Annotated[tuple[PhaseConfig, ...], Tag("list")],
    Discriminator(_form),
]


class PlanConfig(StageConfig):
    """How shares become copies of documents."""

    budget_tokens: int = Field(gt=0, description="tokens of the training data")
    max_epochs: float = Field(4.0, gt=0, description="the most often that any document may be repeated")
    maker: str = Field("tilt", description="registered plan maker: which documents are repeated more often")
    settings: dict[str, Any] = Field(
        default_factory=dict,
        validate_default=True,
        description="the maker's own, as {strength: 0.5}, or a JSON file that holds them",
    )
    shares: Literal["search", "documents", "natural"] = Field(
        "search", description="of the domains: as found, what the maker's weights come to, or as in the corpus"
    )
    phases: Phases = Field(
        1,
        description="stretches of the training data: so many equal ones, {kind: two-phase, last: {DOMAIN: SHARE}}, "
        "{kind: annealing, ...} or a list of name, share, mixture and rate",
    )
    redraw: bool = Field(
        False, description="every phase draws afresh, as RS2 does; else a later one prefers what was not yet read"
    )
    seed: int = Field(0, ge=0)

    @field_validator("maker")
    @classmethod
    def _registered(cls, name: str) -> str:
        load_maker(name)
        return name

    @field_validator("settings", mode="before")
    @classmethod
    def _complete(cls, given: object, info: ValidationInfo) -> object:
        """Fill in the defaults, so that what decides the plan is written down and told apart."""
        held = _read(Path(given)) if isinstance(given, str) else given
        if "maker" not in info.data or not isinstance(held, dict):
            return held  # said to be wrong elsewhere
        return maker_settings(load_maker(info.data["maker"], held))

    @model_validator(mode="after")
    def _whole(self) -> "PlanConfig":
        names, total = [phase.name for phase in self.stretches], sum(phase.share for phase in self.stretches)
        if not names or len(set(names)) < len(names) or abs(total - 1) > 1e-9 * max(len(names), 1):
            raise ValueError(f"expected phases of different names whose shares sum to 1, found {names}, sum {total:g}")
        if self.shares != "search" and any(phase.mixture is not None for phase in self.stretches):
            raise ValueError(f"expected phases without a mixture where plan.shares is {self.shares}")
        return self

    @property
    def stretches(self) -> tuple[PhaseConfig, ...]:
        """The phases, in order."""
        if isinstance(self.phases, DesignConfig):
            return self.phases.phases
        if not isinstance(self.phases, int):
            return self.phases
        names = ["main"] if self.phases == 1 else [f"phase-{number}" for number in range(1, self.phases + 1)]
        return tuple(PhaseConfig(name=name, share=1 / self.phases) for name in names)

    @property
    def chosen(self) -> Maker:
        """The maker with its settings."""
        return load_maker(self.maker, self.settings)


def _read(path: Path) -> object:
    try:
        held: object = read_json(path)
    except StoreError as error:
        raise ValueError(f"expected a mapping, or a JSON file that holds one; {error.__cause__}") from error
    return held
