"""The nouns of the house: frozen values that every other room speaks in."""
