"""Moves the database from one shape to the next, under lock and statement limits, as the owner.

Schema apart from data; no model imports inside versions; constraints carry names. Run by
``ileti setup``; ``make test`` checks that models and migrations say the same.
"""
