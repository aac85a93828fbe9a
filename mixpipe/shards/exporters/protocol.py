"""What an exporter is: the files that tell one trainer the mixture, in that trainer's own unit, and a way back.

`files` writes; `read` takes the weights out of what was written. The simulation draws from what was read back, so it
tells of the files and not of what was meant.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, get_args

from mixpipe.errors import ConfigError
from mixpipe.shards.exporters.blend import Blend, Phase
from mixpipe.shards.exporters.draws import Rule

__all__ = ["About", "Exporter", "Settings", "Unit", "Weights", "known_unit"]

Unit: TypeAlias = Literal["sequences", "documents"]
Weights: TypeAlias = Mapping[str, float]  # of one phase, by the place of a domain's files
FIELDS = re.compile(r"\{(id|name)\}")  # other braces are a path's own, as in shards-{000..041}.tar


@dataclass(frozen=True)
class Settings:
    """What the mixture does not say.

    Attributes:
        sequence_length: tokens of a training sequence.
        batch_size: sequences in a step; None: not known. Trainers that count phases in steps need it.
        location: where a domain's files lie, with {id} and {name}; None: the trainer's default.
        prefix: folder before it, or a URL.
        unit: what one draw of the trainer is, where it can be either; None: the trainer's default.
        seed: of the trainer's draws.
    """

    sequence_length: int = 4096
    batch_size: int | None = None
    location: str | None = None
    prefix: str = ""
    unit: Unit | None = None
    seed: int = 0


@dataclass(frozen=True)
class About:
    """What an exporter says of itself.

    Attributes:
        trainer: its name, for people.
        units: what one draw may be, and so what the weights are shares of; the first is the default.
        rule: how it draws.
        location: where a domain's files are looked for by default.
        needs: the form of the data.
        phases: the trainer changes the mixture during a run.
        applied: the data hold the mixture already, and no weights are written.
    """

    trainer: str
    units: tuple[Unit, ...]
    rule: Rule
    location: str
    needs: str
    phases: bool = False
    applied: bool = False

    def unit(self, settings: Settings) -> Unit:
        """Return what the weights are shares of.

        Raises:
            ConfigError: the trainer does not draw what was asked for.
        """
        if settings.unit is not None and settings.unit not in self.units:
            raise ConfigError(f"expected --unit {' or '.join(self.units)} for {self.trainer}, found {settings.unit}")
        return settings.unit or self.units[0]

    def weights(self, phase: Phase, settings: Settings) -> dict[str, float]:
        """Return the shares of a phase in the trainer's unit, by the place of each domain's files.

        Raises:
            ConfigError: two domains would lie at one place, or a name is none of a folder.
        """
        shares = phase.document_shares() if self.unit(settings) == "documents" else phase.token_shares()
        return dict(zip(self.places(phase, settings), shares.tolist(), strict=True))

    def places(self, phase: Phase, settings: Settings) -> list[str]:
        """Return where the files of each domain lie.

        Raises:
            ConfigError: two domains would lie at one place, or a name is none of a folder.
        """
        template = self.place(settings)
        found = []
        for portion in phase.portions:
            if "{name}" in template and (not portion.name.strip(". ") or re.search(r"[/\\\x00]", portion.name)):
                raise ConfigError(
                    f"expected a folder's name for {{name}} in {template!r}, found {portion.name!r}; use {{id}}"
                )
            found.append(_filled(template, {"id": portion.id, "name": portion.name}))
        if len(set(found)) < len(found):
            raise ConfigError(f"expected a place of its own for each domain, found {template!r}; put {{id}} into it")
        return found

    def place(self, settings: Settings) -> str:
        """Return where files lie, with the fields of a domain to be filled in."""
        template = settings.location or self.location
        return f"{settings.prefix.rstrip('/')}/{template}" if settings.prefix else template

    def phases_of(self, blend: Blend) -> tuple[Phase, ...]:
        """Return the phases that the trainer can be told: all, or the whole run as one."""
        return blend.phases if self.phases else (blend.whole,)


def _filled(template: str, values: Mapping[str, str]) -> str:
    return FIELDS.sub(lambda field: values[field[1]], template)


def known_unit(name: str | None) -> Unit | None:
    """Return a unit by its name; None: the trainer's default.

    Raises:
        ConfigError: there is no such unit.
    """
    for unit in get_args(Unit):
        if name == unit:
            found: Unit = unit
            return found
    if name is not None:
        raise ConfigError(f"expected --unit {' or '.join(get_args(Unit))}, found {name!r}")
    return None


class Exporter(Protocol):
    """The mixture in one trainer's form."""

    about: About

    def files(self, blend: Blend, settings: Settings) -> dict[str, str]:
        """Return texts by file name.

        Raises:
            ConfigError: a setting is missing, or a path cannot be written in the trainer's form.
        """
        ...

    def read(self, files: Mapping[str, str]) -> list[Weights]:
        """Return the weights in the files, by phase and location; none: they are applied already."""
        ...
