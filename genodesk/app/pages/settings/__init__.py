"""The settings of the desk itself."""
