"""Bisnode: to be written."""
