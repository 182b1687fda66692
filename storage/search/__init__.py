"""Full text. The index can be lost and made again from PostgreSQL and the objects."""
