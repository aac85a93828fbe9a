"""What `mixpipe formats` lists: the forms that shards are written in, and the trainers that are told the mixture."""

from collections.abc import Mapping
from dataclasses import dataclass

from mixpipe.shards.exporters import EXPORTERS, load_exporter
from mixpipe.shards.exporters.protocol import About
from mixpipe.shards.formats import FORMATS, load_format
from mixpipe.store.fingerprint import Json

__all__ = ["Forms", "registered_forms"]


@dataclass(frozen=True)
class Forms:
    """Formats with the ending of their shards, and exporters with what they say of themselves."""

    formats: Mapping[str, str]
    exporters: Mapping[str, About]

    def as_json(self) -> dict[str, Json]:
        """Return everything as JSON."""
        exporters: dict[str, Json] = {
            name: {
                "trainer": about.trainer,
                "units": list(about.units),
                "rule": about.rule.name,
                "phases": about.phases,
                "formats": list(about.formats),
                "location": about.location,
                "needs": about.needs,
            }
            for name, about in self.exporters.items()
        }
        return {"formats": {name: {"suffix": suffix} for name, suffix in self.formats.items()}, "exporters": exporters}

    def lines(self) -> list[str]:
        """Return everything for people."""
        head = ("export --to", "weights are shares of", "phases", "location", "needs")
        rows = [
            (
                name,
                "nothing" if about.applied else " or ".join(about.units),
                "yes" if about.phases else "a run each",
                about.location,
                about.needs,
            )
            for name, about in self.exporters.items()
        ]
        widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
        table = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (head, *rows)
        ]
        written = [f"{name:<14}  {suffix}" for name, suffix in self.formats.items()]
        return ["shards.formats  files", *written, "", *table]


def registered_forms() -> Forms:
    """Return all registered formats and exporters, by name."""
    formats = {name: load_format(name).suffix for name in sorted(FORMATS)}
    return Forms(formats, {name: load_exporter(name).about for name in sorted(EXPORTERS)})
