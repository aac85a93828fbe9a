"""Where phases begin, for trainers that count them in steps."""

from math import lcm

from mixpipe.errors import ConfigError
from mixpipe.shards.exporters.blend import Phase
from mixpipe.shards.exporters.protocol import Settings

__all__ = ["first_steps"]


def first_steps(phases: tuple[Phase, ...], settings: Settings, *, block: int = 1) -> list[int]:
    """Return the step, counted from 0, at which each phase begins, rounded to the nearest that can be.

    Args:
        phases: of the run, in order.
        settings: for tokens of a step.
        block: sequences; a phase begins at a multiple of it.

    Raises:
        ConfigError: there are several phases and no batch size, or one would have no step.
    """
    if len(phases) == 1:
        return [0]
    if settings.batch_size is None:
        raise ConfigError(
            f"expected --batch-size (sequences in a step), for the run has {len(phases)} phases, found none"
        )
    stride = lcm(block, settings.batch_size) // settings.batch_size
    tokens, starts = 0, []
    for phase in phases:
        starts.append(round(tokens / (settings.sequence_length * settings.batch_size * stride)) * stride)
        tokens += phase.tokens
    end = tokens / (settings.sequence_length * settings.batch_size)
    for phase, start, following in zip(phases, starts, [*starts[1:], end], strict=True):
        if following <= start:
            raise ConfigError(
                f"expected phases of {stride} steps or more ({stride * settings.batch_size} sequences), "
                f"found {phase.tokens:,} tokens in phase {phase.name!r}; lower --batch-size or --sequence-length"
            )
    return starts
