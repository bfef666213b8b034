"""Where to buy: suppliers and their offers, the sourcing plan under uncertain law, and what tariffs do to the business."""
