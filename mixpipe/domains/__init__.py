"""Unit vectors and words to domains."""
