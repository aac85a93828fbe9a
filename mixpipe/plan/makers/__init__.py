"""One plan maker per file; adding one is its file and a line here. What a maker is: `protocol.py`."""

__all__ = ["MAKERS"]

MAKERS: dict[str, str] = {}
