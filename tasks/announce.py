"""Tables and markdown in the Prefect UI: what a finished step found.

The rows are made by `mixpipe.report.tables` from what the step wrote; here they only get a key.
"""

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from mixpipe.runs.run import Run
from mixpipe.store.artefact import Artefact, Counts

__all__ = ["announce", "announce_stage"]


def announce(run: Run, stage: str, step: str, fingerprint: str, counts: Counts) -> None:
    """Show the counts of a finished step as a table artifact."""
    if counts:
        rows = [{"count": key, "value": value} for key, value in sorted(counts.items())]
        create_table_artifact(
            table=rows, key=f"mixpipe-{stage}-{step}-counts", description=f"{run.name}: {stage} {step}"
        )


def announce_stage(run: Run, stage: str, artefact: Artefact) -> None:
    """Show what a sealed stage found."""
    create_markdown_artifact(f"{stage} sealed: `{artefact.fingerprint}`", key=f"mixpipe-{stage}")
