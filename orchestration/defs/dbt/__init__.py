"""The dbt project's models and tests."""
