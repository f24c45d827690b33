"""History in, history out: a log into the store, the store into a log, and rankings of a log in one go."""
