"""The disk full at any moment of one pass over all formats: one clear error, nothing that looks finished, and the rerun
ends with the bytes of a run that had room."""

import json
import re
import subprocess

import pytest

from mixpipe.errors import StoreError
from mixpipe.store.artefact import MANIFEST

ROOM = 1 << 12  # KiB, more than the run takes


@pytest.fixture
def inputs(documents, plan_inputs):
    return plan_inputs(documents(300), cuts=[70, 150], budget_tokens=16_000)


@pytest.fixture
def disk(tmp_path):
    """Mounts a file system of so many KiB, and makes it larger when asked again."""
    root = tmp_path / "disk"
    root.mkdir()

    def sized(kib):
        options = f"{'remount,' if root.is_mount() else ''}size={kib}k"
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(root)], capture_output=True)
        if done.returncode:
            pytest.skip("mounting a small file system needs the right to mount")
        return root

    yield sized
    subprocess.run(["umount", "--lazy", str(root)], check=False, capture_output=True)  # files may still be mapped


def used_kib(root):
    found = subprocess.run(["du", "-sk", str(root)], capture_output=True, check=True, text=True)
    return int(found.stdout.split()[0])


def recorded(root):
    """Return the files that a rerun takes for finished, with the sizes that were recorded."""
    records = [json.loads(path.read_text()) for path in root.rglob("*.part.json")]
    return {file["name"]: file["bytes"] for record in records for file in record["entry"]["files"]}


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 0.97])
def test_full_at_any_moment_it_says_so_and_the_rerun_ends_with_the_same_bytes(
    tmp_path, inputs, make_shards, disk, share, formats_at_once
):
    config = {"formats": formats_at_once, "shard_mib": 0.02}
    whole = make_shards(inputs, root=tmp_path / "whole", **config)
    root = disk(max(int(share * used_kib(tmp_path / "whole")), 16))
    with pytest.raises(StoreError) as caught:
        make_shards(inputs, root=root, **config)
    said = str(caught.value)
    assert re.match(rf"cannot write {root}/\S+: No space left on device \([\d.]+ of [\d.]+ MiB left\); free some", said)
    assert not list(root.rglob(MANIFEST))
    assert not list(root.rglob("*.tmp"))
    folder = next((root / "scratch" / "shards").iterdir())
    assert all((folder / name).stat().st_size == size for name, size in recorded(folder).items())
    disk(ROOM)
    assert make_shards(inputs, root=root, **config).manifest.files == whole.manifest.files
