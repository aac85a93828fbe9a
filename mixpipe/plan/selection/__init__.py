"""Picking documents one after another: each paper's algorithm on its own inputs, and what turns a block into those."""
