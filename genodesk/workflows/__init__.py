"""One folder a model family; none knows another."""
