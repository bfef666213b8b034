"""Every use case once: a typed request, a typed answer, a function. The doors are made from these."""
