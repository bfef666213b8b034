"""Two-sided matching with capacities: people to projects, residents to hospitals, buyers to suppliers."""
