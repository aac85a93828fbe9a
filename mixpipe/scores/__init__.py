"""One scorer per file; adding one is its file and a line here. What a scorer is: `protocol.py`."""

__all__ = ["SCORERS"]

SCORERS = {
    "c4": "mixpipe.scores.c4:C4",
    "classifier": "mixpipe.scores.classifier:Classifier",
    "dsir": "mixpipe.scores.dsir:DSIR",
    "fineweb": "mixpipe.scores.fineweb:FineWeb",
    "gio": "mixpipe.scores.gio:GIO",
    "gopher": "mixpipe.scores.gopher:Gopher",
    "leak": "mixpipe.scores.leak:Leak",
    "ngram_classifier": "mixpipe.scores.ngram_classifier:NGramClassifier",
    "perplexity": "mixpipe.scores.perplexity:Perplexity",
    "preselect": "mixpipe.scores.preselect:PreSelect",
    "quality": "mixpipe.scores.quality:Quality",
    "samplemix": "mixpipe.scores.samplemix:SampleMix",
    "texture": "mixpipe.scores.texture:Texture",
}
