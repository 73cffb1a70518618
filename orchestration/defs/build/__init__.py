"""The job that loads, builds and checks, and when it runs."""
