"""What changed, or will, for the goods somebody imports: in dollars a year, with cause and citation."""
