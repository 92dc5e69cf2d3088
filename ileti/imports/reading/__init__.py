"""From a file or a query, whatever its form, to rows of text."""
