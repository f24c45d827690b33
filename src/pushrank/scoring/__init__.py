"""From a feature matrix to calibrated probabilities, and the bundle in which a model travels."""
