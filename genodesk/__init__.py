"""Genodesk: train, question and look at genomics models, from a desk or a server."""

__version__ = "0.1.0"
