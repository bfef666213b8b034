"""A whole customs entry and what the goods cost to land: valuation, fees once per entry, filing, audit, landed cost."""
