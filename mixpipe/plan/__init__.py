"""Mixture and scores to copies of every document."""
