"""Engines that explore worlds of actors as rows of small numbers."""
