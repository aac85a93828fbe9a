"""What a run does at its root's URL, and for input files at URLs, at each turn of the story; nothing for local ones."""

import time

from mixpipe.corpus.remote import fetch_all, to_fetch
from mixpipe.runs.remote import publish, send_records, take_up
from mixpipe.runs.run import Run
from mixpipe.store.artefact import Artefact
from mixpipe.store.transfer import fetch, manifest_to_fetch, names_to_send, send
from tasks.bar import transferred

__all__ = ["begin_run", "fetch_sealed", "send_outcome", "send_stage", "take_up_run"]


def take_up_run(run: Run) -> None:
    """Bring here what the run's URL has of it."""
    if run.url is not None:
        take_up(run, transferred)


def begin_run(run: Run) -> None:
    """Write the run's records here and at its URL, after bringing here what is there; copy remote input files."""
    take_up_run(run)
    run.begin()
    if run.url is not None:
        send_records(run)
    if urls := run.config.remote_inputs():
        started = time.monotonic()
        files = to_fetch(urls)
        transferred("inputs fetch", len(files), fetch_all(files))
        run.add_work("fetch", time.monotonic() - started)


def fetch_sealed(run: Run, stage: str, fingerprint: str) -> bool:
    """Bring an artefact from the URL when only there it is sealed; tell whether it was."""
    manifest = None if run.url is None else manifest_to_fetch(run.store(), run.root, stage, fingerprint)
    if manifest is None:
        return False
    transferred(f"{stage} fetch", len(manifest.files), fetch(run.store(), run.root, manifest))
    return True


def send_stage(run: Run, artefact: Artefact) -> None:
    """Copy a sealed artefact to the URL, then the record that points at it."""
    if run.url is None:
        return
    started = time.monotonic()
    names = names_to_send(run.store(), artefact)
    transferred(f"{artefact.manifest.stage} send", len(names), send(run.store(), artefact, names))
    run.add_work("send", time.monotonic() - started)
    send_records(run)


def send_outcome(run: Run) -> None:
    """Publish the training data, the mixture and the report at the URL."""
    if run.url is not None:
        publish(run, transferred)
