"""A business to run against: a month of its traffic, and the truth that traffic should yield.

``simulate`` scripts everything from a seed: the same arguments give the same requests, byte for byte. Knows nothing of
Headwater but the event contract and HTTP.
"""

from simulator.simulation import Simulation, simulate

__all__ = ["Simulation", "simulate"]
