"""A site's revenue: what its sources brought in an attribution model, and the transactions themselves."""
