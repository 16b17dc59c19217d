"""The mesh under partial synchrony, for claims about liveness."""
