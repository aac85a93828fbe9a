"""What `mixpipe methods` lists: every method of search with what it is, and the names of all other plug-ins."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from mixpipe.embed.encoders import ENCODERS
from mixpipe.plan.makers import MAKERS
from mixpipe.scores import SCORERS
from mixpipe.search.evaluators import EVALUATORS
from mixpipe.search.methods import METHODS, load_method
from mixpipe.search.methods.protocol import About
from mixpipe.search.surrogates import SURROGATES
from mixpipe.store.fingerprint import Json

__all__ = ["Catalogue", "catalogue"]

OTHERS: Mapping[str, Mapping[str, str]] = {
    "surrogates": SURROGATES,
    "evaluators": EVALUATORS,
    "encoders": ENCODERS,
    "scorers": SCORERS,
    "plan makers": MAKERS,
}


@dataclass(frozen=True)
class Catalogue:
    """The methods of search, and the names of the other plug-ins by what they are."""

    methods: dict[str, About]
    others: Mapping[str, Sequence[str]]

    def as_json(self) -> dict[str, Json]:
        """Return everything as JSON."""
        methods: dict[str, Json] = {
            name: {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(about).items()}
            for name, about in self.methods.items()
        }
        return {"methods": methods, **{what.replace(" ", "_"): list(names) for what, names in self.others.items()}}

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
        width = max(map(len, self.others))
        return [*table, "", *(f"{what:<{width}}  {', '.join(names)}" for what, names in self.others.items())]


def catalogue() -> Catalogue:
    """Return all registered plug-ins but formats and exporters, which `mixpipe formats` lists, by name."""
    methods = {name: load_method(name).about for name in sorted(METHODS)}
    return Catalogue(methods, {what: sorted(registry) for what, registry in OTHERS.items()})
