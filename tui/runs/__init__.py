"""Recorded runs in words: how they are listed, and set beside one another."""
