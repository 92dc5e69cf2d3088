"""The client that waits for each answer; written by ``python -m tools.client --write``."""
