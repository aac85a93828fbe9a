"""Duplicates beyond equal texts: which document is kept instead of which."""
