"""The subset of Python that can be lifted."""
