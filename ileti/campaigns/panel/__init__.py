"""Campaigns in the panel: list, form, pre-flight, and how it goes."""
