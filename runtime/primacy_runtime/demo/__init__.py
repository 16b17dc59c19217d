"""The command `primacy demo`."""
