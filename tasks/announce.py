"""Tables and markdown in the Prefect UI: what a finished step or stage found.

The rows are made by `mixpipe.report.tables` from sealed files; here they only get a key. The same key in the next run
is the next version of the same artifact.
"""

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from mixpipe.report.tables import domain_rows, mixture_rows, round_rows, verdict_lines
from mixpipe.runs.run import Run
from mixpipe.store.artefact import Counts

__all__ = ["announce_stage", "announce_step"]


def announce_step(run: Run, stage: str, step: str, fingerprint: str, counts: Counts) -> None:
    """Show the counts of a finished step; of a round of the search also its trials."""
    kind, _, number = step.rpartition("-")
    if kind == "round":
        rows = round_rows(run.root / "scratch" / stage / fingerprint, int(number))
        create_table_artifact(rows, key=f"mixpipe-search-round-{number}", description=f"{run.name}: round {number}")
    if counts:
        rows = [{"count": key, "value": value} for key, value in sorted(counts.items())]
        create_table_artifact(rows, key=f"mixpipe-{stage}-{step}-counts", description=f"{run.name}: {stage}, {step}")


def announce_stage(run: Run, stage: str) -> None:
    """Show what a sealed stage found: the domains, the verdict, the mixture."""
    artefacts = run.artefacts()
    if stage == "domains":
        create_table_artifact(domain_rows(artefacts), key="mixpipe-domains", description=f"{run.name}: domains")
    if stage == "search":
        create_markdown_artifact("\n\n".join(verdict_lines(artefacts)), key="mixpipe-verdict", description=run.name)
    if stage == "plan":
        create_table_artifact(mixture_rows(artefacts), key="mixpipe-mixture", description=f"{run.name}: mixture")
