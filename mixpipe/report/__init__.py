"""Pictures and pages of a run, from its artefacts alone."""
