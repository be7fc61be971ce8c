"""The words every part of Genodesk shares. Standard library, pydantic and PyYAML only."""
