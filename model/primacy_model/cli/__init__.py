"""The commands of `primacy`."""
