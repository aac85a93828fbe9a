"""The stage `targets`: held-out and labelled sets of texts, read by the same readers as the corpus.

Files, for a set called news: `target-news-00000.parquet` and so on (DOCUMENTS; `source` is the set's name, `n_tokens`
is 0, because losses are measured in bits per byte), `quarantine.parquet`, `targets.json`; likewise
`protected-<name>-*.parquet` and `protected.json` of sets that steer nothing, `labelled-positive-*.parquet` and
`labelled-negative-*.parquet` of those that classifiers are fitted on. One part per set: such sets are small.
"""

from mixpipe.corpus.config import TargetsConfig
from mixpipe.corpus.groups import Unit, units_of
from mixpipe.corpus.inputs import InputFile, check_unchanged, input_files, inputs_identity
from mixpipe.corpus.pieces import Limits, merge_quarantine, pieces_of, write_pieces
from mixpipe.corpus.readers.record import Wanted
from mixpipe.errors import InputError
from mixpipe.store.artefact import Counts
from mixpipe.store.files import write_json
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context, Part, Stage, Step

__all__ = ["TARGETS"]

LIMITS = Limits(documents=1 << 14, bytes=32 << 20)


def outside(config: TargetsConfig) -> dict[str, Json]:
    """Return the identity of every set's files."""
    return {prefix: inputs_identity(_files(place, held.path)) for prefix, (place, held) in config.by_prefix.items()}


def plan(context: Context) -> list[Part]:
    """List the sets.

    Raises:
        InputError: their files are no longer those that the artefact is named after.
    """
    parts = []
    for prefix, (place, held) in sorted(context.config.by_prefix.items()):
        files = _files(place, held.path)
        check_unchanged(files, context.outside[prefix], f"{place}.path")
        units = [Unit(file) for file in files]
        identity: dict[str, Json] = {"name": prefix, "text": held.text, "units": [unit.identity for unit in units]}
        parts.append(Part(prefix, {"units": [unit.spec() for unit in units]}, identity))
    return parts


def run(context: Context, part: Part) -> Counts:
    """Read one set."""
    _, held = context.config.by_prefix[part.name]
    name = part.name.partition("-")[2]
    wanted = Wanted(text=held.text, id="id")
    return write_pieces(context.out, part.name, units_of(part), wanted=wanted, limits=LIMITS, target=name)


def finish(context: Context) -> Counts:
    """List the sets and merge their quarantines.

    Raises:
        InputError: a set holds no document.
    """
    config: TargetsConfig = context.config
    sets = {
        name: {"weight": target.weight, **_count(context, f"target-{name}")} for name, target in config.sets.items()
    }
    write_json(context.out / "targets.json", dict(sorted(sets.items())))
    protected = {name: _count(context, f"protected-{name}") for name in sorted(config.protected)}
    write_json(context.out / "protected.json", dict(protected))
    for name in config.labelled:
        _count(context, f"labelled-{name}")
    merge_quarantine(context.out)
    return {"documents": sum(int(found["documents"]) for found in sets.values()), "targets": len(sets)}


def _count(context: Context, prefix: str) -> dict[str, int]:
    place, held = context.config.by_prefix[prefix]
    pieces = pieces_of(context.out, prefix)
    if not pieces:
        raise InputError(
            f"expected documents in {place}, found none that could be read under {held.text!r} in {held.path}; "
            "correct its path or `text`"
        )
    return {"documents": sum(piece.rows for piece in pieces), "bytes": sum(piece.bytes for piece in pieces)}


def _files(place: str, path: str) -> list[InputFile]:
    return input_files((path,), f"{place}.path")


def _steps(config: TargetsConfig) -> tuple[Step, ...]:
    return (Step("read", plan, run, finish, unit="set"),)


TARGETS = Stage(name="targets", version=2, config=TargetsConfig, inputs=(), steps=_steps, outside=outside)
