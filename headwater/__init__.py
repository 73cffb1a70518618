"""Headwater's ground floor: settings, contracts, landing log, warehouse and control database."""
