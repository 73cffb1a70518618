"""Webhooks of others: Stripe's."""
