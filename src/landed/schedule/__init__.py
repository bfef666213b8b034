"""The tariff nomenclature: reads official exports, keeps rates by line and spell, looks codes up, finds successors."""
