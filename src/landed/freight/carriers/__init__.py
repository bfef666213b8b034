"""Carriers: schedules, bookings and tracking by the DCSA standards, live prices by plug-ins, and a carrier that is simulated."""
