"""The command `primacy prove`."""
