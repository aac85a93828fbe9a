"""The stage `targets`: held-out sets of texts, read by the same readers as the corpus.

Files, for a set called news: `target-news-00000.parquet` and so on (DOCUMENTS; `source` is the set's name, `n_tokens`
is 0, because losses are measured in bits per byte), `quarantine.parquet`, `targets.json`.
One part per set: such sets are small.
"""

from mixpipe.corpus.config import TargetConfig, TargetsConfig
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
    return {name: inputs_identity(_files(name, target)) for name, target in config.sets.items()}


def plan(context: Context) -> list[Part]:
    """List the sets.

    Raises:
        InputError: their files are no longer those that the artefact is named after.
    """
    parts = []
    for name, target in sorted(context.config.sets.items()):
        files = _files(name, target)
        check_unchanged(files, context.outside[name], f"targets.sets.{name}.path")
        units = [Unit(file) for file in files]
        identity: dict[str, Json] = {"name": name, "text": target.text, "units": [unit.identity for unit in units]}
        parts.append(Part(f"target-{name}", {"name": name, "units": [unit.spec() for unit in units]}, identity))
    return parts


def run(context: Context, part: Part) -> Counts:
    """Read one set."""
    name = str(part.spec["name"])
    wanted = Wanted(text=context.config.sets[name].text, id="id")
    return write_pieces(context.out, part.name, units_of(part), wanted=wanted, limits=LIMITS, target=name)


def finish(context: Context) -> Counts:
    """List the sets and merge their quarantines.

    Raises:
        InputError: a set holds no document.
    """
    sets: dict[str, Json] = {}
    documents = 0
    for name, target in sorted(context.config.sets.items()):
        pieces = pieces_of(context.out, f"target-{name}")
        if not pieces:
            raise InputError(
                f"expected documents in targets.sets.{name}, found none that could be read under "
                f"{target.text!r} in {target.path}; correct its path or `text`"
            )
        rows = sum(piece.rows for piece in pieces)
        sets[name] = {"weight": target.weight, "documents": rows, "bytes": sum(piece.bytes for piece in pieces)}
        documents += rows
    write_json(context.out / "targets.json", sets)
    merge_quarantine(context.out)
    return {"documents": documents, "targets": len(sets)}


def _files(name: str, target: TargetConfig) -> list[InputFile]:
    return input_files((target.path,), f"targets.sets.{name}.path")


def _steps(config: TargetsConfig) -> tuple[Step, ...]:
    return (Step("read", plan, run, finish, unit="target"),)


TARGETS = Stage(name="targets", version=1, config=TargetsConfig, inputs=(), steps=_steps, outside=outside)
