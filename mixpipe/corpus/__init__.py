"""Documents in, quarantine out."""
