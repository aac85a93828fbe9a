"""mixpipe: an unlabelled corpus in, ready-to-train shards out, in a mixture found by experiment.

Importing this package imports nothing heavy: every room below it is imported by whoever needs it.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
