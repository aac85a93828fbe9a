"""One scorer per file; adding one is its file and a line here. What a scorer is: `protocol.py`."""

__all__ = ["SCORERS"]

SCORERS = {
    "bad_words": "mixpipe.scores.bad_words:BadWords",
    "c4": "mixpipe.scores.c4:C4",
    "classifier": "mixpipe.scores.classifier:Classifier",
    "dsir": "mixpipe.scores.dsir:DSIR",
    "fineweb": "mixpipe.scores.fineweb:FineWeb",
    "gibberish": "mixpipe.scores.gibberish:Gibberish",
    "gio": "mixpipe.scores.gio:GIO",
    "gopher": "mixpipe.scores.gopher:Gopher",
    "grade": "mixpipe.scores.grade:Grade",
    "language": "mixpipe.scores.language:Language",
    "leak": "mixpipe.scores.leak:Leak",
    "licence": "mixpipe.scores.licence:Licence",
    "mc4": "mixpipe.scores.mc4:MC4",
    "ngram_classifier": "mixpipe.scores.ngram_classifier:NGramClassifier",
    "perplexity": "mixpipe.scores.perplexity:Perplexity",
    "pii": "mixpipe.scores.pii:PII",
    "preselect": "mixpipe.scores.preselect:PreSelect",
    "quality": "mixpipe.scores.quality:Quality",
    "samplemix": "mixpipe.scores.samplemix:SampleMix",
    "texture": "mixpipe.scores.texture:Texture",
}
