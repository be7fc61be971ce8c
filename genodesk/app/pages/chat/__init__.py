"""Conversations about genes: ask, read the answer as it comes, and hold it against your own annotation."""
