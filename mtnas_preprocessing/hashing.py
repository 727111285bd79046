"""The one hash of the project: field and value -> row of the shared table.

`id = md5(utf8(field + "=" + text)) mod num_buckets`, the digest read as one
hexadecimal number (arXiv:2009.00387, section 4.1: "we hash each feature into a
hexadecimal number, and calculate the remainder"). The paper does not name its
hash; md5 is in every Python, and gives the same bytes on every machine. The
field's name is salted in because all fields share one table.
"""

import hashlib


def bucket_id(field: str, text: str, num_buckets: int) -> int:
    """Id of a value, in `[0, num_buckets)`.

    Example:
    >>> bucket_id("city", "paris", 1_000_000)
    678029
    """
    key = f"{field}={text}".encode()
    digest = hashlib.md5(key, usedforsecurity=False).hexdigest()
    return int(digest, 16) % num_buckets
