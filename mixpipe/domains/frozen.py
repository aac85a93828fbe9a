"""An earlier artefact's domains, taken over instead of fitted, and how far new documents drift from them.

A grown corpus keeps its domains: only new parts are assigned, to the same centroids under the same names. The price is
that the centroids age; the drift figures in `gate.json` say when to fit anew.
"""

from pathlib import Path

from mixpipe.domains.config import DomainsConfig
from mixpipe.domains.fit import TREE_FILE
from mixpipe.domains.gate import GATE_FILE, divergence
from mixpipe.domains.given import has_given_domains
from mixpipe.domains.model import MODEL_FILE, DomainModel
from mixpipe.domains.parts import read_encoder
from mixpipe.domains.summary import Totals, read_totals
from mixpipe.errors import ConfigError, StoreError
from mixpipe.store.artefact import Artefact, Counts
from mixpipe.store.files import link_or_copy, read_json, read_table
from mixpipe.store.fingerprint import Json, file_digest, fingerprint
from mixpipe.store.stage import Context, Part

__all__ = ["adopt", "drift", "model_identity", "no_parts"]


def model_identity(config: DomainsConfig) -> dict[str, Json]:
    """Return the digests of the frozen model and of the sums that drift is measured against, whatever their path."""
    if config.frozen is None:
        return {}
    frozen = _frozen(config)
    sums = ["domains.parquet", *frozen.names("part-*-summary.json")]
    return {"model": frozen.digest(MODEL_FILE), "sums": fingerprint([frozen.digest(name) for name in sums])}


def no_parts(context: Context) -> list[Part]:
    """List nothing: adopting needs no document."""
    return []


def adopt(context: Context) -> Counts:
    """Take over the model and the merge tree.

    Raises:
        ConfigError: the corpus has vectors of another encoder, or domains of its own that the model does not know.
    """
    frozen = _frozen(context.config)
    if read_json(frozen.file(GATE_FILE)).get("encoder") != read_encoder(context):
        raise ConfigError(
            f"expected embeddings of the encoder that the frozen domains were fitted on (domains.frozen, {frozen.path})"
            ", found those of another; set embed as it was, or run without domains.frozen"
        )
    if has_given_domains(context) and not DomainModel.load(frozen.file(MODEL_FILE)).labels:
        raise ConfigError(
            f"expected given domains (ingest.domain) in the frozen model {frozen.path}, found domains of a clustering; "
            "run without domains.frozen, or without ingest.domain"
        )
    for name in (MODEL_FILE, TREE_FILE):
        link_or_copy(frozen.file(name), context.out / name)
    return {"clusters": len(DomainModel.load(context.out / MODEL_FILE).centroids)}


def drift(context: Context, summaries: list[Path]) -> dict[str, Json]:
    """Compare the documents of new parts with those that the frozen artefact holds.

    Args:
        context: of the assignment.
        summaries: what the parts counted; a part is new when the frozen artefact has no equal summary.
    """
    frozen = _frozen(context.config)
    known = {entry.sha256 for entry in frozen.manifest.files}
    old = read_table(frozen.file("domains.parquet"), ["documents", "tokens", "compactness"])
    documents = old["documents"].to_numpy()
    figures: dict[str, Json] = {
        "old_mean_distance": _mean(float(documents @ old["compactness"].to_numpy()), int(documents.sum()))
    }
    new: Totals = read_totals((path for path in summaries if file_digest(path) not in known), len(documents))
    figures["new_documents"] = int(new.documents.sum())
    if new.tokens.sum() and old["tokens"].to_numpy().sum():
        figures["new_mean_distance"] = _mean(float(new.distance.sum()), int(new.documents.sum()))
        figures["share_divergence"] = divergence(old["tokens"].to_numpy(), new.tokens)
    return figures


def _mean(total: float, count: int) -> float:
    return total / max(count, 1)


def _frozen(config: DomainsConfig) -> Artefact:
    path = Path(str(config.frozen))
    try:
        artefact = Artefact.load(path)
        artefact.file(MODEL_FILE)
    except StoreError as error:
        raise ConfigError(
            f"expected a finished artefact of domains at domains.frozen ({path}), found: {error}"
        ) from error
    return artefact
