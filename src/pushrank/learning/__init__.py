"""From a log to a registered model: rows, fitting, judging, keeping."""
