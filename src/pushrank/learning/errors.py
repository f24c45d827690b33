"""What can go wrong while learning, in words for the one who started it."""


class LearningError(ValueError):
    """A log or a request from which nothing can be learned; the text says what was expected, what came, what to do."""
