"""How goods travel: places, distances, days, load plans, charges, emissions and the choice among the ways."""
