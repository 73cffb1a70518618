"""A site's statistics: its main numbers, compared and over time, and its top sources, pages and places."""
