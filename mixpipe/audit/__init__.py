"""Audits: what mixture was a thing made from, by looking at the thing alone."""
