"""One definition of every feature, for training and for serving: facts, one fold of events, pure functions."""
