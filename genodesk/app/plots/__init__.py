"""Plots: numbers drawn live on the screen. They know arrays and figures, not where those come from."""
