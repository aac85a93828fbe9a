"""One scorer per file; adding one is its file and a line here. What a scorer is: `protocol.py`."""

__all__ = ["SCORERS"]

SCORERS = {
    "c4": "mixpipe.scores.c4:C4",
    "classifier": "mixpipe.scores.classifier:Classifier",
    "fineweb": "mixpipe.scores.fineweb:FineWeb",
    "gibberish": "mixpipe.scores.gibberish:Gibberish",
    "gopher": "mixpipe.scores.gopher:Gopher",
    "language": "mixpipe.scores.language:Language",
    "licence": "mixpipe.scores.licence:Licence",
    "perplexity": "mixpipe.scores.perplexity:Perplexity",
    "pii": "mixpipe.scores.pii:PII",
    "quality": "mixpipe.scores.quality:Quality",
    "samplemix": "mixpipe.scores.samplemix:SampleMix",
    "texture": "mixpipe.scores.texture:Texture",
}
