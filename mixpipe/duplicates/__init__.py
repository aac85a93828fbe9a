"""Near and semantic duplicates: found and annotated, never removed here."""
