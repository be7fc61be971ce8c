"""The Runs page: the list of runs, and one run from its header to its files."""
