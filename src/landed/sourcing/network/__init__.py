"""The supplier network: who makes what where, on whose word, at what price, and how well it went."""
