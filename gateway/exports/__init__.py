"""A case as one archive, made while it is downloaded."""
