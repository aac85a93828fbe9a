"""Parametric laws of the papers, from mixtures, sizes and tokens to losses: one file each, numpy in and numpy out."""
