"""Copies to shuffled, verified training data."""
