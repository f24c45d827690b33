"""The path of a request: read, exclude, score, select, hold, decide. And of an event: check, store, fold, count."""
