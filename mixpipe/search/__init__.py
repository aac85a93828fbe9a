"""Mixtures tried on proxies until the best is known above the noise."""
