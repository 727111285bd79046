"""Files of made-up rows, as users and data sets have them."""

import csv

import numpy as np

from tfds_builders.book_crossing import parsing

NUM_RATINGS = 2000


def write_log(path, num_rows=2000):
    """Made-up interactions, of the columns that the pages name."""
    rng = np.random.default_rng(0)
    header = "user_id,item_id,day,age,price,tags,click,like".split(",")
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for row in range(num_rows):
            click = rng.random() < 0.3
            writer.writerow(
                [
                    f"u{rng.integers(100)}",
                    f"i{rng.integers(50)}",
                    f"2026-01-{1 + 20 * row // num_rows:02}",
                    rng.integers(18, 70),
                    round(rng.lognormal(2), 2),
                    "|".join(rng.choice(list("abc"), rng.integers(1, 4))),
                    int(click),
                    int(rng.random() < 0.3) if click else "",
                ]
            )


def write_book_crossing(directory):
    """Ratings in the format of Book-Crossing, of 50 users and 40 books."""
    rng = np.random.default_rng(0)
    users = [f'"{i}";"city{i % 7}, n/a, spain";"{20 + i}"' for i in range(50)]
    books = [
        f'"{i:010}";"title {i}";"author {i % 9}";"{1990 + i % 20}";"press"'
        ';"";"";""'
        for i in range(40)
    ]
    ratings = []
    for _ in range(NUM_RATINGS):
        user, book = rng.integers(50), rng.integers(40)
        score = rng.choice([0, 8, 10], p=[0.5, 0.3, 0.2])
        ratings.append(f'"{user}";"{book:010}";"{score}"')
    for name, lines in (
        (parsing.USERS, users),
        (parsing.BOOKS, books),
        (parsing.RATINGS, ratings),
    ):
        text = "\r\n".join([parsing.HEADERS[name], *lines, ""])
        (directory / name).write_bytes(text.encode("iso-8859-1"))
