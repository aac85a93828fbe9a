"""What `mixpipe methods` lists: every method with what it is, and the names of surrogates and evaluators."""

from dataclasses import asdict, dataclass

from mixpipe.search.evaluators import EVALUATORS
from mixpipe.search.methods import METHODS, load_method
from mixpipe.search.methods.protocol import About
from mixpipe.search.surrogates import SURROGATES
from mixpipe.store.fingerprint import Json

__all__ = ["Catalogue", "catalogue"]


@dataclass(frozen=True)
class Catalogue:
    """The plug-ins of the search."""

    methods: dict[str, About]
    surrogates: tuple[str, ...]
    evaluators: tuple[str, ...]

    def as_json(self) -> dict[str, Json]:
        """Return everything as JSON."""
        methods: dict[str, Json] = {
            name: {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(about).items()}
            for name, about in self.methods.items()
        }
        return {"methods": methods, "surrogates": list(self.surrogates), "evaluators": list(self.evaluators)}

    def lines(self) -> list[str]:
        """Return everything for people."""
        head = ("method", "variants", "family", "trials", "needs", "paper")
        rows = [
            (name, ", ".join(about.variants) or "-", about.family, about.trials, about.needs, about.paper)
            for name, about in self.methods.items()
        ]
        widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
        table = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in (head, *rows)
        ]
        return [*table, "", f"surrogates  {', '.join(self.surrogates)}", f"evaluators  {', '.join(self.evaluators)}"]


def catalogue() -> Catalogue:
    """Return all registered plug-ins of the search, by name."""
    methods = {name: load_method(name).about for name in sorted(METHODS)}
    return Catalogue(methods, tuple(sorted(SURROGATES)), tuple(sorted(EVALUATORS)))
