"""The `headwater` command: thin, starts and calls the rest."""
