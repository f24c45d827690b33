"""Recipes: thin, numbered steps over the library."""
