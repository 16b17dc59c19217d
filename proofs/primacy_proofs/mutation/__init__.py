"""Mutation testing of the theorems."""
