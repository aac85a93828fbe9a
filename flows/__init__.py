"""Order and story: the run as a sequence of stage flows, and the command line."""
