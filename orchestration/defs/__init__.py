"""The definitions, one folder per concern."""
