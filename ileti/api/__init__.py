"""``/api/v1/``: what a company's own programs do here by HTTP; so far they bring customer lists."""
