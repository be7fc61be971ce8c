"""The machine room: readers, training, drawing and the command line. Knows no Qt and no workflow by name."""
