"""Artefacts to and from an object store: whole, or not there."""

import os
import signal
import subprocess
import sys

import pytest

from mixpipe.errors import StoreError
from mixpipe.store.artefact import MANIFEST, Artefact
from mixpipe.store.remote import Remote
from mixpipe.store.transfer import artefact_place, fetch, manifest_to_fetch, names_to_send, send

KILLED_AFTER_TWO = """
import os, signal, sys
from pathlib import Path
from mixpipe.store.artefact import Artefact
from mixpipe.store.remote import Remote
from mixpipe.store.transfer import names_to_send, send

remote, artefact = Remote(sys.argv[1]), Artefact.load(Path(sys.argv[2]))
for number, _ in enumerate(send(remote, artefact, names_to_send(remote, artefact)), 1):
    if number == 2:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def artefact(build, squares, config, tmp_path):
    return build(tmp_path / "root", squares, config.model_copy(update={"numbers": tuple(range(1, 21))}), {})


def place(artefact):
    return artefact_place(artefact.manifest.stage, artefact.fingerprint)


def send_all(remote, artefact):
    return list(send(remote, artefact, names_to_send(remote, artefact)))


def contents(remote):
    return {name: remote.read(name) for name in remote.files()}


def test_an_artefact_goes_there_once_and_comes_back_the_same(bucket, artefact, tmp_path):
    remote, elsewhere = Remote(f"{bucket}/root"), tmp_path / "elsewhere"
    assert send_all(remote, artefact) == [*artefact.listed, MANIFEST]
    assert send_all(remote, artefact) == []
    manifest = manifest_to_fetch(remote, elsewhere, artefact.manifest.stage, artefact.fingerprint)
    assert manifest == artefact.manifest
    list(fetch(remote, elsewhere, manifest))
    copy = Artefact.load(elsewhere / place(artefact))
    assert (copy.path / MANIFEST).read_bytes() == (artefact.path / MANIFEST).read_bytes()
    assert copy.damage() == []
    assert list((elsewhere / "scratch").iterdir()) == []
    assert manifest_to_fetch(remote, elsewhere, manifest.stage, manifest.fingerprint) is None


def test_one_killed_between_two_objects_is_not_there_and_a_second_try_completes_it(bucket, artefact, tmp_path):
    whole, remote = Remote(f"{bucket}/whole"), Remote(f"{bucket}/cut")
    send_all(whole, artefact)
    command = [sys.executable, "-c", KILLED_AFTER_TWO, remote.url, str(artefact.path)]
    assert subprocess.run(command, env=os.environ, timeout=60).returncode == -signal.SIGKILL
    there = contents(remote)
    assert len(there) >= 2
    assert f"{place(artefact)}/{MANIFEST}" not in there
    assert manifest_to_fetch(remote, tmp_path / "new", artefact.manifest.stage, artefact.fingerprint) is None
    assert send_all(remote, artefact) == [*artefact.listed, MANIFEST]
    assert contents(remote) == contents(whole)


@pytest.mark.parametrize("damage", ["flipped", "removed", "longer"])
def test_a_damaged_object_is_not_installed(bucket, artefact, tmp_path, damage):
    remote = Remote(f"{bucket}/root")
    send_all(remote, artefact)
    name = f"{place(artefact)}/{next(iter(artefact.listed))}"
    data = bytearray(remote.read(name))
    data[len(data) // 2] ^= 1
    (tmp_path / "bad").write_bytes(data + (b"!" if damage == "longer" else b""))
    remote.remove([name]) if damage == "removed" else remote.put(tmp_path / "bad", name)
    with pytest.raises(StoreError, match=r"s3://.*(as it was sealed, found .*SHA-256 differs|does not exist)"):
        list(fetch(remote, tmp_path / "new", artefact.manifest))
    assert not (tmp_path / "new" / "artifacts").exists()
    assert list((tmp_path / "new" / "scratch").iterdir()) == []


def test_a_manifest_that_is_none_is_refused(bucket, artefact, tmp_path):
    remote = Remote(f"{bucket}/root")
    (tmp_path / "bad").write_text("{}")
    remote.put(tmp_path / "bad", f"{place(artefact)}/{MANIFEST}")
    with pytest.raises(StoreError, match="expected a mixpipe manifest at s3://"):
        manifest_to_fetch(remote, tmp_path / "new", artefact.manifest.stage, artefact.fingerprint)
