"""The control database's organizations, sites and definitions into ``raw_control``, for the models to join."""

from ingestion.control.load import ControlLoader

__all__ = ["ControlLoader"]
