"""Load plans: pieces in containers with full support, checked by a validator that shares no code with the planner."""
