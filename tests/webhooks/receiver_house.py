"""The name under which the tests' receiver of webhooks is known."""

NAME = "kayit.ornek.test"
