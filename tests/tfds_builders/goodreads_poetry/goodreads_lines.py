"""Lines of the raw files."""

import json

INTERACTION = {
    "user_id": "u",
    "book_id": "1",
    "is_read": True,
    "rating": 4,
    "review_text_incomplete": "",
}
BOOK = {
    "book_id": "1",
    "work_id": "10",
    "title": "T",
    "authors": [{"author_id": "7", "role": ""}, {"author_id": "8"}],
    "series": ["5", "6"],
    "publisher": "P",
    "publication_year": "1999",
    "language_code": "eng",
    "country_code": "US",
    "format": "Paperback",
    "is_ebook": "false",
    "num_pages": "120",
    "average_rating": "4.09",
    "ratings_count": "7",
}


def lines(*records):
    return [json.dumps(record).encode() + b"\n" for record in records]


def without(record, key):
    return {k: value for k, value in record.items() if k != key}
