"""The tests, one room per room of the house."""
