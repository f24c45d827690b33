"""One function for each call: bytes to values, one step of the house, values to bytes."""
