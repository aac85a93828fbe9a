"""Mixtures as vectors of token shares: the simplex, constraints, sampling, epochs."""
