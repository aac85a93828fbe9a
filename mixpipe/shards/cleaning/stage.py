"""Token cleaning of finished training data, as a stage that stands outside the run's story.

Method: Token Cleaning (arXiv 2502.01968). A token of a response is worth learning as far as a reference model, trained
on better data, finds it easier than the model to be trained; the rest get the label -100. Their self-evolving form is
this one, repeated: train on one part, give the result as reference for the next. Without prompts any token may be kept,
which is the selective language modelling of Rho-1 (arXiv 2404.07965). Deviations: the release has no loss for a first
token, here it is that after the model's token for a beginning; what is longer than `window` is read in stretches, not
cut off.

`score` writes `scored/.../train-*.parquet` (see `scored.py`), shard by shard, and where a global choice ends; `label`
writes `data/.../train-*.parquet` (CLEANED), in the order of the shards, without documents of which no token is kept;
then `cleaning.json`. Losses are kept, so another share or scope reads no model again.
"""

from mixpipe.errors import ConfigError
from mixpipe.models.finding import find_model, weights_digest
from mixpipe.models.precision import resolve_dtype
from mixpipe.shards.cleaning.config import CleaningConfig
from mixpipe.shards.cleaning.labelling import finish_label, plan_label, run_label
from mixpipe.shards.cleaning.rows import CUTOFF
from mixpipe.shards.cleaning.scoring import finish_score, plan_score, run_score
from mixpipe.store.fingerprint import Json
from mixpipe.store.stage import Stage, Step

__all__ = ["CLEANING"]


def _outside(config: CleaningConfig) -> dict[str, Json]:
    """Return the digests of both models, and the arithmetic that is native here.

    Raises:
        ConfigError: they are one: no token would be easier for either.
    """
    digests = {name: weights_digest(find_model(getattr(config, name), f"--{name}")) for name in ("base", "reference")}
    if digests["base"] == digests["reference"]:
        raise ConfigError(
            f"expected two models, found the same one in {config.base} (--base) and {config.reference} (--reference); "
            "give a reference that was trained on from the base model"
        )
    return {**digests, "dtype": resolve_dtype("auto", None)}


def _steps(config: CleaningConfig) -> tuple[Step, ...]:
    return (
        Step("score", plan_score, run_score, finish_score, gpu=True, unit="shard"),
        Step("label", plan_label, run_label, finish_label, unit="shard"),
    )


CLEANING = Stage(
    "cleaning", version=1, config=CleaningConfig, inputs=("shards",), steps=_steps, outside=_outside, scratch=(CUTOFF,)
)
