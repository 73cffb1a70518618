"""What `headwater demo` adds to the simulation: a year of payments, and what is printed of it all."""
