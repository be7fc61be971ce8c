"""The first page: see it work, or open data of your own."""
