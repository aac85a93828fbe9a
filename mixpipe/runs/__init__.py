"""A run as its user sees it: forecast, checked, followed, compared. No scheduler."""
