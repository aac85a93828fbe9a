"""What a finished stage is, how one is declared, and where it lies."""
