"""The first records of real data sets, read from their raw files."""

import itertools
import os

from tfds_builders.book_crossing import parsing as book_crossing
from tfds_builders.kuairand import column_names
from tfds_builders.kuairand import files as kuairand_files
from tfds_builders.kuairand import parsing as kuairand


def book_crossing_rows(count):
    """The first ratings, with what is known of users and books."""
    raw_dir = os.path.join(os.environ["MTNAS_RAW_DIR"], "book_crossing")
    files = book_crossing.read_files(raw_dir)
    ratings = book_crossing.parse_ratings(files[book_crossing.RATINGS])
    users = book_crossing.parse_users(files[book_crossing.USERS])
    books = book_crossing.parse_books(files[book_crossing.BOOKS])
    return [book_crossing.join(x, users, books) for x in ratings[:count]]


def kuairand_rows(count):
    """The first impressions of the training days."""
    raw_dir = os.path.join(os.environ["MTNAS_RAW_DIR"], "kuairand")
    paths = kuairand_files.find_files(raw_dir, "pure")
    users = kuairand_files.read_users(paths[kuairand_files.USERS])
    videos = kuairand_files.read_videos(paths[kuairand_files.VIDEOS])
    read = kuairand_files.read_split(paths, "pure", "train")
    return [
        kuairand.join(row, users, videos, column_names.COMMON_TASKS)
        for _, row in itertools.islice(read, count)
    ]
