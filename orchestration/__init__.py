"""Dagster: when things run, what they depend on, and whether they were right."""
