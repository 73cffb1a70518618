"""Stripe into ``raw_stripe``: the first load, polls, webhooks that were landed, and usage reported back.

Rows are appended. What is loaded is told by ``raw_stripe.checkpoints``, each stored after the rows it vouches for: a
process that is killed at any moment leaves rows that will be there twice, never a hole.
"""
