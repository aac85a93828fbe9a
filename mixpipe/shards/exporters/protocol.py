"""What an exporter is: the files that tell one trainer the mixture, in that trainer's own unit, and a way back.

`files` writes; `read` takes the weights out of what was written. The simulation draws from what was read back, so it
tells of the files and not of what was meant. A domain of many shards is either one place, a folder or a pattern, or one
place for each shard with its part of the weight, as the trainer wants it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal, NamedTuple, Protocol, TypeAlias, get_args

from mixpipe.errors import ConfigError
from mixpipe.shards.exporters.blend import Blend, Phase, Portion
from mixpipe.shards.exporters.draws import Rule

__all__ = ["About", "Exporter", "Place", "Settings", "Unit", "Weights", "known_unit"]

Unit: TypeAlias = Literal["sequences", "documents"]
Weights: TypeAlias = Mapping[str, float]  # of one phase, by the place of a domain's files
FIELDS = re.compile(r"\{(id|name|folder|shards?)\}")  # other braces are a path's own, as in shards-{000..041}.tar
ONLY_SHARD = "train-00000-of-00001"  # where nothing is known of the shards


@dataclass(frozen=True)
class Settings:
    """What the mixture does not say.

    Attributes:
        sequence_length: tokens of a training sequence.
        batch_size: sequences in a step; None: not known. Trainers that count phases in steps need it.
        location: where a domain's files lie, with {folder} (data, or of phases data/phase-1), {id}, {name}, {shard}
            (each shard a place of its own) or {shards} (all in braces); None: the trainer's default.
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


class Place(NamedTuple):
    """Where documents of a domain lie.

    Attributes:
        path: of a file, a folder or a pattern.
        key: short name of its own: `d007`, or `d007-00002` where each shard is a place.
        part: of the domain's draws, that are from here.
        portion: the domain.
        rows: documents that lie there, repeats included.
        encoded: tokens in files of tokens; None: not known.
    """

    path: str
    key: str
    part: float
    portion: Portion
    rows: int
    encoded: int | None = None


@dataclass(frozen=True)
class About:
    """What an exporter says of itself.

    Attributes:
        trainer: its name, for people.
        units: what one draw may be, and so what the weights are shares of; the first is the default.
        rule: how it draws.
        location: where a domain's files are looked for by default.
        needs: the form of the data.
        formats: of shards that are in this form, the usual one first.
        phases: one run of the trainer may have several mixtures; else each phase is a run with files of its own.
        applied: the data hold the mixture already, and no weights are written.
        alone: a place must hold no files of other formats.
        by_unit: each unit is read from a format of its own, in the same order.
    """

    trainer: str
    units: tuple[Unit, ...]
    rule: Rule
    location: str
    needs: str
    formats: tuple[str, ...]
    phases: bool = False
    applied: bool = False
    alone: bool = False
    by_unit: bool = False

    def unit(self, settings: Settings) -> Unit:
        """Return what the weights are shares of.

        Raises:
            ConfigError: the trainer does not draw what was asked for.
        """
        if settings.unit is not None and settings.unit not in self.units:
            raise ConfigError(f"expected --unit {' or '.join(self.units)} for {self.trainer}, found {settings.unit}")
        return settings.unit or self.units[0]

    def forms(self, settings: Settings) -> tuple[str, ...]:
        """Return the formats that are read in the unit asked for, the usual one first."""
        return (self.formats[self.units.index(self.unit(settings))],) if self.by_unit else self.formats

    def weights(self, phase: Phase, settings: Settings) -> dict[str, float]:
        """Return the shares of a phase in the trainer's unit, by the place of each domain's files.

        Raises:
            ConfigError: two domains would lie at one place, or a name is none of a folder.
        """
        shares = phase.document_shares() if self.unit(settings) == "documents" else phase.token_shares()
        of_portion = dict(zip((portion.id for portion in phase.portions), shares.tolist(), strict=True))
        return {place.path: of_portion[place.portion.id] * place.part for place in self.places(phase, settings)}

    def places(self, phase: Phase, settings: Settings) -> list[Place]:
        """Return where the files of each domain lie.

        Raises:
            ConfigError: two domains would lie at one place, or a name is none of a folder.
        """
        template = self.place(settings)
        found = [place for portion in phase.portions for place in self._places_of(portion, phase, template, settings)]
        if len({place.path for place in found}) < len(found):
            raise ConfigError(f"expected a place of its own for each domain, found {template!r}; put {{id}} into it")
        return found

    def _places_of(self, portion: Portion, phase: Phase, template: str, settings: Settings) -> Iterator[Place]:
        if "{name}" in template and (not portion.name.strip(". ") or re.search(r"[/\\\x00]", portion.name)):
            raise ConfigError(
                f"expected a folder's name for {{name}} in {template!r}, found {portion.name!r}; use {{id}}"
            )
        values = {"id": portion.id, "name": portion.name, "folder": phase.folder}
        names = [PurePosixPath(entry.path).name.partition(".")[0] for entry in portion.shards] or [ONLY_SHARD]
        values["shards"] = _in_braces(names)
        if "{shard}" not in template or len(names) == 1:
            encoded = portion.shards[0].encoded_tokens if len(portion.shards) == 1 else None
            yield Place(
                _filled(template, {**values, "shard": names[0]}), portion.id, 1.0, portion, portion.held, encoded
            )
            return
        of_documents = self.unit(settings) == "documents"
        sizes = [entry.rows if of_documents else entry.encoded_tokens or entry.tokens for entry in portion.shards]
        for name, size, entry in zip(names, sizes, portion.shards, strict=True):
            path = _filled(template, {**values, "shard": name})
            yield Place(
                path, f"{portion.id}-{name.split('-')[1]}", size / sum(sizes), portion, entry.rows, entry.encoded_tokens
            )

    def whole_place(self, phase: Phase, settings: Settings) -> str:
        """Return where the files of a phase lie, for a trainer that reads them as they are."""
        return _filled(self.place(settings), {"folder": phase.folder})

    def place(self, settings: Settings) -> str:
        """Return where files lie, with the fields of a domain to be filled in."""
        template = settings.location or self.location
        return f"{settings.prefix.rstrip('/')}/{template}" if settings.prefix else template


def _in_braces(names: Sequence[str]) -> str:
    """Return all shards as one pattern: train-{00000..00002}-of-00003."""
    head, _, _, count = names[0].split("-")
    if int(count) == 1:
        return names[0]
    return f"{head}-{{{0:0{len(count)}d}..{int(count) - 1:0{len(count)}d}}}-of-{count}"


def _filled(template: str, values: Mapping[str, str]) -> str:
    return FIELDS.sub(lambda field: values.get(field[1], field[0]), template)


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
        """Return texts by file name; of several phases only where the trainer has them.

        Raises:
            ConfigError: a setting is missing, or a path cannot be written in the trainer's form.
        """
        ...

    def read(self, files: Mapping[str, str]) -> list[Weights]:
        """Return the weights in the files, by phase and location; none: they are applied already."""
        ...
