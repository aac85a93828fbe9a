"""Where this machine keeps what belongs to a URL: copies of input files, and folders in which remote roots are built.

    <cache>/inputs/<2 digits>/<digest>-<name>      see `corpus/remote.py`
    <cache>/roots/<name>-<digest of the URL>/      a root like any other, see `runs/remote.py`

On a cluster it has to be on a shared file system. It may be deleted whenever nothing runs: what it held comes again.
"""

import os
from pathlib import Path

from mixpipe.store.fingerprint import fingerprint

__all__ = ["CACHE", "cache_folder", "is_remote", "working_root"]

CACHE = "MIXPIPE_CACHE"


def is_remote(place: str) -> bool:
    """Tell whether a place is a URL rather than a path of this machine."""
    return "://" in place


def cache_folder() -> Path:
    """Return where local copies of remote files lie: `MIXPIPE_CACHE`, or `mixpipe` among the user's caches."""
    given = os.environ.get(CACHE)
    base = os.environ.get("XDG_CACHE_HOME")
    return Path(given) if given else (Path(base) if base else Path.home() / ".cache") / "mixpipe"


def working_root(url: str) -> Path:
    """Return the local folder in which the work for a remote root is done."""
    url = url.rstrip("/")
    return cache_folder() / "roots" / f"{url.rpartition('/')[2]}-{fingerprint(url)[:12]}"
