"""A Stripe account over HTTP: lists and single objects, meters, a test clock, webhook endpoints, faults on request."""

from simulator.stripe.server.app import make_app
from simulator.stripe.server.clocks import CLOCK
from simulator.stripe.server.serving import serving

__all__ = ["CLOCK", "make_app", "serving"]
