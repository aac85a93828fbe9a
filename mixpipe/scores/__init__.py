"""One scorer or annotator per file."""
