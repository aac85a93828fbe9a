"""Models that others have trained: where they come from, what arithmetic they run in, and what they say of a text."""
