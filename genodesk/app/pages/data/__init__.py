"""The Data page: what a file is, its table, its cells in space and in an embedding, and what it can be used for."""
