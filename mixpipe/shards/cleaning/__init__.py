"""Token cleaning: which tokens of finished training data are worth learning."""
