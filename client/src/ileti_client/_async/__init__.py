"""The asynchronous client. The other half is written from it by tools/client.py."""
