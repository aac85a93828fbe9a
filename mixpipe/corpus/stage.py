"""The stage `ingest`: files in; documents with ids, token counts and marked duplicates out; the rest in quarantine.

Files: `part-*.parquet` (DOCUMENTS), `given-*.parquet` (id, domain, vector) when such columns are named,
`quarantine.parquet`, `tokenizer.json`, `sources.json`; and of every group of input files what was found in it,
`read-*.json` and `read-*.quarantine`, by which a later artefact need not read the group again.
"""

from mixpipe.corpus.config import IngestConfig
from mixpipe.corpus.counting import finish_count, plan_count, run_count
from mixpipe.corpus.given import finish_given, plan_given, run_given
from mixpipe.corpus.reading import DUPLICATES, PIECES, documents_of, finish_read, outside, plan_read, run_read
from mixpipe.store.stage import Stage, Step

__all__ = ["INGEST"]

READ = Step("read", plan_read, run_read, finish_read, stand_in=documents_of, unit="file group")
COUNT = Step("count", plan_count, run_count, finish_count)
GIVEN = Step("given", plan_given, run_given, finish_given)


def _steps(config: IngestConfig) -> tuple[Step, ...]:
    return (READ, COUNT, GIVEN) if config.domain or config.embedding else (READ, COUNT)


INGEST = Stage(
    name="ingest",
    version=1,
    config=IngestConfig,
    inputs=(),
    steps=_steps,
    outside=outside,
    scratch=(DUPLICATES, PIECES),
)
