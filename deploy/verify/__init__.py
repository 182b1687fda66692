"""The verifier of the record of who did and saw what: it knows the formats (README.md) and nothing of the writer."""
