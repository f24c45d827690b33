"""Ranks push messages so that people keep trusting whoever sends them."""
