"""One plan maker per file; adding one is its file and a line here. What a maker is: `protocol.py`."""

__all__ = ["MAKERS"]

MAKERS: dict[str, str] = {
    "gme": "mixpipe.plan.makers.gme:Gme",
    "ideal": "mixpipe.plan.makers.ideal:Ideal",
    "mig": "mixpipe.plan.makers.mig:Mig",
    "structural": "mixpipe.plan.makers.structural:Structural",
}
