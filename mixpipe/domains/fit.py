"""From a sample to a model: features, cells, merging, numbering, names; or given domains; or an earlier model.

Domains are numbered by falling tokens of the sample (of all documents when they were given), because numbers must be
known before documents are assigned; on the whole corpus neighbours in that order may be swapped by a little.
"""

from itertools import chain

import numpy as np
from numpy.typing import NDArray

from mixpipe.domains.config import DomainsConfig
from mixpipe.domains.gate import StructureProblem, check_structure, structure, structure_problem
from mixpipe.domains.given import has_given_domains, read_given_sums
from mixpipe.domains.lexical import BUCKETS, Lexical, fit_lexical, lexical_vectors
from mixpipe.domains.merge import MergeTree, cut, natural_counts, numbered_by, ward_tree
from mixpipe.domains.model import MODEL_FILE, DomainModel
from mixpipe.domains.names import bucket_words, domain_terms, unique_labels, unique_names
from mixpipe.domains.sample import Sample, read_sample
from mixpipe.domains.vectors import group_means, join
from mixpipe.errors import ConfigError
from mixpipe.kmeans import cell_count, distinct_rows, nearest, spherical_kmeans
from mixpipe.store.artefact import Counts
from mixpipe.store.files import write_json
from mixpipe.store.stage import Context
from mixpipe.vectors import unit_rows

__all__ = ["TREE_FILE", "finish_sample", "fit_clustered"]

TREE_FILE = "tree.json"


def finish_sample(context: Context) -> Counts:
    """Fit the model on the sample, judge its structure and write `model.npz` and `tree.json`.

    Raises:
        ConfigError: more domains are asked for than there are distinct documents.
        GateError: the domains are too lopsided to search over.
    """
    config: DomainsConfig = context.config
    sample = read_sample(context)
    model, tree = _fit_given(context, sample) if has_given_domains(context) else fit_clustered(sample, config)
    check_structure(
        structure(model.tokens),
        max_largest_share=config.max_largest_share,
        min_entropy=config.min_entropy,
        where=f"a sample of {len(sample.tokens)} distinct documents",
    )
    model.save(context.out / MODEL_FILE)
    write_json(context.out / TREE_FILE, tree.to_json())
    return {"sampled": len(sample.tokens), "clusters": len(model.centroids)}


def fit_clustered(sample: Sample, config: DomainsConfig) -> tuple[DomainModel, MergeTree]:
    """Find domains in a sample.

    Raises:
        ConfigError: more domains are asked for than there are distinct documents.
    """
    vectors, lexical = _features(sample, config)
    centroids = _centroids(vectors, config)
    cell = nearest(vectors, centroids).cell
    n_cells = len(centroids)
    means = group_means(vectors, cell, n_cells)
    tokens = np.bincount(cell, sample.tokens, n_cells).astype(np.int64)
    tree = ward_tree(means, np.bincount(cell, minlength=n_cells), tokens)
    domain = _divided(tree, means, tokens, config)
    n_domains = int(domain.max()) + 1
    terms = _terms(sample, domain[cell], n_domains)
    model = DomainModel(
        centroids=centroids,
        domain=domain,
        means=unit_rows(group_means(vectors, domain[cell], n_domains)),
        tokens=np.bincount(domain, tokens, n_domains).astype(np.int64),
        lexical=lexical,
        weight=config.lexical_weight,
        names=tuple(unique_names(terms)),
        terms=terms,
    )
    return model, tree


def _divided(
    tree: MergeTree, means: NDArray[np.float64], tokens: NDArray[np.int64], config: DomainsConfig
) -> NDArray[np.int64]:
    """Return the domain of every cell: (n_cells,) int64, numbered by falling tokens.

    Of the numbers that `auto` may choose the most natural one that the gate lets pass, or else the most natural one, so
    that the gate says what is wrong with it.
    """
    counts = natural_counts(tree, config.max_count) if config.count == "auto" else [config.count]
    cuts = (numbered_by(cut(tree, means, count, min_share=config.min_share), tokens) for count in counts)
    first = next(cuts)
    return next((domain for domain in chain([first], cuts) if not _problem(domain, tokens, config)), first)


def _problem(domain: NDArray[np.int64], tokens: NDArray[np.int64], config: DomainsConfig) -> StructureProblem | None:
    figures = structure(np.bincount(domain, tokens))
    return structure_problem(figures, max_largest_share=config.max_largest_share, min_entropy=config.min_entropy)


def _fit_given(context: Context, sample: Sample) -> tuple[DomainModel, MergeTree]:
    given = read_given_sums(context.out)
    means = unit_rows(given.means)
    number = {label: position for position, label in enumerate(given.labels)}
    domain = np.array([number[label] for label in sample.labels], dtype=np.int64)
    model = DomainModel(
        centroids=means,
        domain=np.arange(len(means)),
        means=means,
        tokens=given.tokens,
        lexical=None,
        weight=0.0,
        names=tuple(unique_labels(given.labels)),
        terms=_terms(sample, domain, len(means)),
        labels=given.labels,
    )
    return model, ward_tree(given.means, given.documents, given.tokens)


def _features(sample: Sample, config: DomainsConfig) -> tuple[NDArray[np.float32], Lexical | None]:
    """Return the vectors of the sample, (n, d) float32 unit rows, and the lexical features fitted on it."""
    if config.lexical_weight == 0:
        return unit_rows(sample.embeddings), None
    lexical = fit_lexical(sample.counts, config.lexical_dimensions, config.seed)
    return join(sample.embeddings, lexical_vectors(sample.counts, lexical), config.lexical_weight), lexical


def _centroids(vectors: NDArray[np.float32], config: DomainsConfig) -> NDArray[np.float32]:
    asked = config.max_count if config.count == "auto" else config.count
    distinct = distinct_rows(vectors)
    if config.count != "auto" and distinct < config.count:
        raise ConfigError(
            f"expected domains.count to be at most the number of distinct documents, found {config.count} domains "
            f"for {distinct} distinct documents; lower domains.count or give more documents"
        )
    n_cells = min(config.clusters or cell_count(len(vectors), asked), distinct)
    return spherical_kmeans(vectors, n_cells, iterations=config.iterations, seed=config.seed)


def _terms(sample: Sample, domain: NDArray[np.int64], n_domains: int) -> tuple[tuple[str, ...], ...]:
    """Return the key terms of each domain from the words of its sampled documents."""
    row = np.repeat(domain, np.diff(sample.counts.indptr))
    held = np.bincount(row * BUCKETS + sample.counts.indices, minlength=n_domains * BUCKETS).reshape(n_domains, BUCKETS)
    documents = np.bincount(domain, minlength=n_domains)
    presence = held / np.maximum(documents, 1)[:, None]
    return tuple(tuple(terms) for terms in domain_terms(presence, bucket_words(sample.frequency)))
