"""A carrier that is simulated: sailings, the whole life of a booking, tracking, webhooks, a clock and faults, on loopback."""
