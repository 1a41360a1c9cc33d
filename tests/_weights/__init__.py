"""The reader of weights: every format read whole, every trick refused, nothing run."""
