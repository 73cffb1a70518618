"""The contracts: the event as sent, the record as landed, its rules. Types and pure functions, no I/O."""
