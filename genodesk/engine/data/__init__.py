"""Readers and checks for the files biologists have."""
