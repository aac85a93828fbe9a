"""An earlier artefact's fitted scorers, taken over instead of fitted, and what they may be applied to.

A grown corpus is judged as it was before, so only new documents are scored. What was learnt belongs to the encoder's
space (the classifier) and to the domains by number (ranks inside a domain, diversity): `scores.json` says under
`fitted_on` which those were, and anything else is refused, because it would give plausible numbers that mean nothing.
"""

from pathlib import Path

from mixpipe.errors import ConfigError, StoreError
from mixpipe.registry import load_plugin
from mixpipe.scores import SCORERS
from mixpipe.scores.config import ScoresConfig
from mixpipe.scores.given import READ_BY
from mixpipe.scores.labelled import labelled_digests
from mixpipe.scores.reading import is_masked
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_arrays, read_json, read_table
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Context

__all__ = ["EDGES", "SUMMARY", "check_fitted_on", "fitted_on", "frozen_files"]

EDGES = "histograms.npz"
SUMMARY = "scores.json"
# Settings that a scorer takes in when it is fitted, and would otherwise leave unheard when it is frozen.
FITTED_WITH = {"quality": "quality", "quality_by_domain": "quality", "languages": "language", "length_norm": "dsir"}
FITTED_ON_LABELS = {"classifier", "ngram_classifier"}


def frozen_files(config: ScoresConfig) -> dict[str, Path]:
    """Return what the scorers of the earlier artefact learnt, by file name; nothing when they are to be fitted.

    Raises:
        ConfigError: the folder holds no sealed scores, or another set of scorers.
    """
    if config.frozen is None:
        return {}
    try:
        earlier = Artefact.load(Path(config.frozen))
        return {name: earlier.file(name) for name in (EDGES, *(f"{name}.npz" for name in config.scorers))}
    except StoreError as error:
        raise ConfigError(
            f"expected a finished artefact of scores with the scorers {', '.join(config.scorers)} at scores.frozen "
            f"({config.frozen}), found: {error}"
        ) from error


def fitted_on(context: Context) -> dict[str, Json]:
    """Return what the scorers' numbers mean: the domains in order, the encoder, texts held out, labelled, given.

    The encoder in whatever precision. Held-out texts matter to `leak` alone: an index of other sets would leave the new
    ones unprotected without a word.
    """
    encoder = read_json(context.inputs["embed"].file("encoder.json"))
    names = read_table(context.inputs["domains"].file("domains.parquet"), ["name"])["name"].to_pylist()
    found: dict[str, Json] = {
        "domains": names,
        "encoder": {name: value for name, value in encoder.items() if name != "dtype"},
    }
    scorers = context.config.scorers
    found |= {field: context.outside.get(field) for field, scorer in READ_BY.items() if scorer in scorers}
    if FITTED_ON_LABELS & set(scorers):
        found["labelled texts"] = labelled_digests(context) or None
    if "leak" in scorers:
        targets = context.inputs["targets"]
        held_out = [*targets.names("target-*.parquet"), *targets.names("protected-*.parquet")]
        digests: dict[str, Json] = {name: targets.digest(name) for name in held_out}
        found["held-out texts"] = {**digests, "masked": True} if is_masked(context) else digests
    return found


def check_fitted_on(context: Context) -> None:
    """Check that frozen scorers were fitted on this encoder, these domains and held-out texts, and with these settings.

    Raises:
        ConfigError: they were not.
    """
    _check_settings(context.config)
    _check_columns(context.config)
    folder = Path(str(context.config.frozen))
    then, now = read_json(folder / SUMMARY).get("fitted_on", {}), fitted_on(context)
    if changed := [name for name in now if then.get(name) != now[name]]:
        raise ConfigError(
            f"expected the {' and '.join(changed)} that the scorers at scores.frozen ({folder}) were fitted on, found "
            "others; set domains.frozen, embed, targets and scores as they were, or run without scores.frozen"
        )


def _check_columns(config: ScoresConfig) -> None:
    known = read_arrays(Path(str(config.frozen)) / EDGES)
    names = [name for scorer in config.scorers for name in load_plugin(SCORERS, scorer, "scorer").columns]
    if missing := [name for name in names if name not in known]:
        raise ConfigError(
            f"expected scorers at scores.frozen ({config.frozen}) that give {', '.join(missing)}, found those of "
            "another version, which do not; run without scores.frozen"
        )


def _check_settings(config: ScoresConfig) -> None:
    then, now = Artefact.read(Path(str(config.frozen))).manifest.identity["config"], config.identity()
    assert isinstance(then, dict)  # of the scores that `frozen_files` has opened
    changed = [name for name, scorer in FITTED_WITH.items() if scorer in config.scorers and then.get(name) != now[name]]
    if changed:
        raise ConfigError(
            f"expected {' and '.join(f'scores.{name}' for name in changed)} as when the scorers at scores.frozen "
            f"({config.frozen}) were fitted, found other values; set them as they were, or run without scores.frozen"
        )
