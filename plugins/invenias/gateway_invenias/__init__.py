"""Invenias: to be written."""
