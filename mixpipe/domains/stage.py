"""The stage `domains`: unit vectors and words to domains.

`sample` fits the model on a sample (or `adopt` takes an earlier one over), `assign` applies it to every document.
Files: `part-*.parquet` (ASSIGNMENTS), `part-*-summary.json`, `domains.parquet` (DOMAINS), `model.npz`, `tree.json`,
`gate.json`.
"""

from mixpipe.domains.assign import finish_assign, plan_assign, run_assign
from mixpipe.domains.config import DomainsConfig
from mixpipe.domains.fit import finish_sample
from mixpipe.domains.frozen import adopt, model_identity, no_parts
from mixpipe.domains.sample import plan_sample, run_sample
from mixpipe.store.artefact import Counts
from mixpipe.store.stage import Context, Part, Stage, Step

__all__ = ["DOMAINS"]


def _run_nothing(context: Context, part: Part) -> Counts:
    return {}


SAMPLE = Step("sample", plan_sample, run_sample, finish_sample, keep=False)
ADOPT = Step("adopt", no_parts, _run_nothing, adopt)
ASSIGN = Step("assign", plan_assign, run_assign, finish_assign)


def _steps(config: DomainsConfig) -> tuple[Step, ...]:
    return (SAMPLE if config.frozen is None else ADOPT, ASSIGN)


DOMAINS = Stage(
    name="domains", version=1, config=DomainsConfig, inputs=("ingest", "embed"), steps=_steps, outside=model_identity
)
