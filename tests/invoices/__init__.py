"""Made-up invoices and packing lists with what they truly say: our own goods and parties, drawn in many layouts and spoiled in many ways."""
