"""Checks that are no dbt tests: the landing log, and Great Expectations."""
