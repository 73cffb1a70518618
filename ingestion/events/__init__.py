"""The landing log's segments into ``raw_events``: events, rejected events, and what each collector says it wrote."""

from ingestion.events.load import EventLoader, LoadReport

__all__ = ["EventLoader", "LoadReport"]
