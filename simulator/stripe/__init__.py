"""A Stripe account on a test clock, what its owner and customers do with it, and a business that does all of it."""
