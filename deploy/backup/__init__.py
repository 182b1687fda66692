"""Backups: PostgreSQL's own copy of itself, sealed objects by what they hold, and the keys apart from both."""
