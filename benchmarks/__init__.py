"""Measurements, each a ratio against a named alternative or the figures of one run; `make bench` runs them all."""
