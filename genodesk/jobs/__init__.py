"""Where a run executes and how it is followed. Knows no Qt and no torch."""
