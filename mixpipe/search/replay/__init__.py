"""Recorded training runs in the place of proxies: how well surrogates and searches would have done on them."""
