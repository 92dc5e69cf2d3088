"""The pages of an import, from the upload to its undoing."""
