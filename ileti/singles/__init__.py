"""One message to one person: an order notice, a reminder, an answer; by the panel or a program."""
