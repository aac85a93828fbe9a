"""One scorer per file; adding one is its file and a line here. What a scorer is: `protocol.py`."""

__all__ = ["SCORERS"]

SCORERS = {
    "c4": "mixpipe.scores.c4:C4",
    "classifier": "mixpipe.scores.classifier:Classifier",
    "fineweb": "mixpipe.scores.fineweb:FineWeb",
    "gopher": "mixpipe.scores.gopher:Gopher",
    "leak": "mixpipe.scores.leak:Leak",
    "perplexity": "mixpipe.scores.perplexity:Perplexity",
    "quality": "mixpipe.scores.quality:Quality",
    "samplemix": "mixpipe.scores.samplemix:SampleMix",
    "texture": "mixpipe.scores.texture:Texture",
}
