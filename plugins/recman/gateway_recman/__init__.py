"""Recman: to be written."""
