"""Objects in S3."""


class Blobs:
    pass
