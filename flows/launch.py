"""From the command line to a flow run: the server, the flow, and what is said at the end."""

import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flows.server import ensure_server, quiet_prefect, stop_command, ui_address
from mixpipe.config import RunConfig
from mixpipe.errors import ConfigError
from mixpipe.report.tables import mixture_rows, verdict_lines
from mixpipe.runs.run import Run, check_name
from mixpipe.stages import StageName
from mixpipe.store.artefact import Artefact
from mixpipe.store.files import read_table

__all__ = ["Outcome", "launch", "serve_refresh"]


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        run: the run.
        seconds: wall-clock of the whole command.
        working_seconds: of which in stages.
        ui: address of the Prefect UI, when there is one.
    """

    run: Run
    seconds: float
    working_seconds: float
    ui: str | None

    def as_json(self) -> dict[str, Any]:
        """Return the outcome as JSON values."""
        artefacts = self.run.artefacts()
        return {
            "run": self.run.place,
            "stages": {name: artefact.fingerprint for name, artefact in artefacts.items()},
            "seconds": round(self.seconds, 1),
            "overhead_seconds": round(self.seconds - self.working_seconds, 1),
            "mixture": mixture_rows(artefacts) if "plan" in artefacts else None,
            "report": f"{self.run.place}/report.html",
            "ui": self.ui,
        }

    def lines(self) -> list[str]:
        """Return the outcome for people."""
        artefacts = self.run.artefacts()
        lines = [""]
        if "plan" in artefacts:
            lines += [*_table(mixture_rows(artefacts)), ""]
        if "search" in artefacts:
            lines += [*verdict_lines(artefacts), ""]
        if lost := quarantine_line(artefacts):
            lines += [lost, ""]
        if "shards" in artefacts:
            lines.append(f"training data  {self.run.place}/train")
        lines.append(f"report         {self.run.place}/report.html")
        if self.ui:
            lines += [f"Prefect UI     {self.ui}", f"stop it with   {stop_command()}"]
        overhead = self.seconds - self.working_seconds
        return [*lines, f"took           {self.seconds:.1f} s, of which Prefect and Ray {overhead:.1f} s"]


def launch(config: RunConfig, *, root: str, name: str, until: StageName, with_prefect: bool) -> Outcome:
    """Run the pipeline, as a Prefect flow or as plain calls.

    Args:
        config: everything that is asked.
        root: the store, a path or a URL.
        name: the run's name.
        until: the last stage.
        with_prefect: False runs the same stages with no server and no flow.
    """
    started = time.monotonic()
    check_name(name)
    run = Run.at(config, root, name)
    if run.url is not None:
        run.store().files(f"runs/{name}")  # an URL that cannot be read is said before a server is started
    quiet_prefect()
    ui = ui_address(ensure_server()) if with_prefect else None
    if ui:
        print(f"Prefect UI: {ui}", file=sys.stderr)
    from flows.build import build, build_plainly  # after the server's address is set

    (build if with_prefect else build_plainly)(config=config, root=root, name=name, until=until)
    return Outcome(run, time.monotonic() - started, sum(run.record().working.values()), ui)


def serve_refresh(config: RunConfig, *, root: str, name: str, cron: str) -> None:
    """Keep a scheduled deployment of the refresh flow running in this process.

    Raises:
        ConfigError: the schedule cannot be read.
    """
    check_cron(cron)
    ensure_server()
    from flows.refresh import refresh

    parameters = {"config": json.loads(config.model_dump_json()), "root": root, "name": name}
    refresh.serve(name=name, cron=cron, parameters=parameters, tags=["mixpipe"], limit=1)


def check_cron(cron: str) -> None:
    """Refuse a schedule that Prefect cannot read, before a server is started for it.

    Raises:
        ConfigError: with an example.
    """
    from prefect.client.schemas.schedules import CronSchedule  # seconds, which only `serve` pays

    try:
        CronSchedule(cron=cron)
    except ValueError as error:
        raise ConfigError(f"expected a schedule for --cron such as '0 3 * * *', found {cron!r}") from error


def quarantine_line(artefacts: Mapping[str, Artefact]) -> str | None:
    """Say how many records could not be read, why, and where they are listed; None when there are none."""
    ingest = artefacts.get("ingest")
    if ingest is None or not ingest.counts.get("quarantined"):
        return None
    path = ingest.file("quarantine.parquet")
    reasons = Counter(read_table(path, ["reason"])["reason"].to_pylist())
    listed = ", ".join(f"{reason} {count:,}" for reason, count in reasons.most_common(5))
    return f"{sum(reasons.values()):,} records in quarantine ({listed}), listed in {path}"


def _table(rows: list[dict[str, Any]]) -> list[str]:
    """Return rows as aligned lines, the head first; numbers stand to the right, with the same places in a column."""
    columns = []
    for name in rows[0]:
        values = [row[name] for row in rows]
        cells = [name, *_cells(values)]
        width = max(map(len, cells))
        columns.append([cell.ljust(width) if isinstance(values[0], str) else cell.rjust(width) for cell in cells])
    return ["  ".join(line).rstrip() for line in zip(*columns, strict=True)]


def _cells(values: list[Any]) -> list[str]:
    if isinstance(values[0], float):
        places = 4 if max(values) <= 1 else 2  # shares; epochs
        return [f"{value:.{places}f}" for value in values]
    return [f"{value:,}" if isinstance(value, int) else value for value in values]
