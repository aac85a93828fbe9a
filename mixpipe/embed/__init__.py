"""Documents to unit vectors."""
