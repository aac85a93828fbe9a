"""The scheduled run: build once, then take in what is new.

The first time it is a full build. From then on the tokenizer, the domains, the fitted scorers and the mixture are those
of the last run, so only new files are read, encoded, assigned and scored (equal parts are taken over by identity); the
plan and the shards are made anew, because a global shuffle has no old half. How far the new documents drift from the
frozen domains is in the domains' gate.json: when it is large, delete the run's folder and the next run searches again.
"""

from prefect import flow

from flows.build import build
from mixpipe.config import RunConfig
from mixpipe.runs.frozen import frozen_config
from mixpipe.runs.run import Run
from tasks.remote import take_up_run

__all__ = ["refresh"]


@flow(name="mixpipe-refresh", flow_run_name="{name}", description="take new files into the last run")
def refresh(config: RunConfig, root: str = ".mixpipe", name: str = "run") -> str:
    """Build the run `name`, on what an earlier run of that name has learnt; return its folder or URL.

    Args:
        config: everything that is asked; its paths are looked at again.
        root: the store, a path or a URL.
        name: the run's name.
    """
    run = Run.at(config, root, name)
    take_up_run(run)
    return build(config=frozen_config(config, run.root, name), root=root, name=name)
