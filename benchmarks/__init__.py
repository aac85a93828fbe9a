"""Measurements, each a ratio against a named alternative or a figure of one run, kept in results/*.json.

`make bench` runs them all; `python -m benchmarks NAME ...` runs some. Each module has `measure() -> dict`.
"""
