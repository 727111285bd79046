"""The fields and tasks of every data set, by its name."""

import dataclasses

from mtnas_preprocessing import FieldSpec
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.task_spec import TaskSpec


def _strings(*names: str) -> tuple[FieldSpec, ...]:
    return tuple(FieldSpec(name=name) for name in names)


def _integers(*names: str) -> tuple[FieldSpec, ...]:
    return tuple(FieldSpec(name=name, kind="integer") for name in names)


# Fields bear the publication's numbers: user and history, item, combinations
# of both, position.
ALI_CCP = DatasetSchema(
    name="ali_ccp",
    fields=(
        *_integers("101", "109_14", "110_14", "127_14", "150_14", "121"),
        *_integers("122", "124", "125", "126", "127", "128", "129"),
        *_integers("205", "206", "207", "210", "216"),
        *_integers("508", "509", "702", "853", "301"),
    ),
    tasks=(TaskSpec(name="click"), TaskSpec(name="purchase", requires="click")),
    num_buckets=4_000_000,
    domain="301",  # position on the page
    entities=("101", "205", "207"),  # user, item, shop
)

ALIEXPRESS = DatasetSchema(
    name="aliexpress",
    fields=(
        *_integers(*(f"categorical_{i}" for i in range(1, 17))),
        FieldSpec(name="numerical", kind="vector", size=63),
    ),
    tasks=(
        TaskSpec(name="click"),
        TaskSpec(name="conversion", requires="click"),
    ),
    num_buckets=100_000,
)

# The paper counts 15 fields without naming them. The three image URLs only
# repeat the ISBN, and are left out.
BOOK_CROSSING = DatasetSchema(
    name="book_crossing",
    fields=(
        *_strings("user_id", "location", "city", "state", "country"),
        FieldSpec(name="age", kind="integer"),
        *_strings("age_bucket", "isbn", "title", "author", "publisher"),
        FieldSpec(name="year", kind="integer"),
    ),
    tasks=(
        TaskSpec(name="rated"),
        TaskSpec(name="satisfied", requires="rated"),
    ),
    num_buckets=1_000_000,
    entities=("user_id", "isbn", "author"),
)

# All 40 attributes but `marital_stat`, which is the label `never_married`.
# Amounts of many distinct values are buckets; see the data set's page.
CENSUS_INCOME = DatasetSchema(
    name="census_income",
    fields=(
        *_integers("age", "det_ind_code", "det_occ_code"),
        *_integers("wage_per_hour_bucket", "capital_gains", "capital_losses"),
        *_integers("stock_dividends_bucket", "num_emp", "own_or_self"),
        *_integers("vet_benefits", "weeks_worked", "year"),
        *_strings("class_worker", "education", "hs_college"),
        *_strings("major_ind_code", "major_occ_code", "race", "hisp_origin"),
        *_strings("sex", "union_member", "unemp_reason", "full_or_part_emp"),
        *_strings("tax_filer_stat", "region_prev_res", "state_prev_res"),
        *_strings("det_hh_fam_stat", "det_hh_summ", "mig_chg_msa"),
        *_strings("mig_chg_reg", "mig_move_reg", "mig_same"),
        *_strings("mig_prev_sunbelt", "fam_under_18", "country_father"),
        *_strings("country_mother", "country_self", "citizenship"),
        *_strings("vet_question"),
    ),
    tasks=(TaskSpec(name="income"), TaskSpec(name="never_married")),
    num_buckets=100_000,
)

# The paper counts 14 fields without naming them. What a user did with the book
# (rating, review, dates) tells the labels, and is none.
GOODREADS_POETRY = DatasetSchema(
    name="goodreads_poetry",
    fields=(
        *_strings("user_id", "book_id", "work_id", "author_id", "series_id"),
        *_strings("publisher"),
        *_integers("publication_year"),
        *_strings("language_code", "country_code", "format", "is_ebook"),
        *_integers("num_pages_bucket", "average_rating_bucket"),
        *_integers("ratings_count_bucket"),
    ),
    tasks=(
        TaskSpec(name="read"),
        TaskSpec(name="satisfied"),
        TaskSpec(name="reviewed"),
    ),
    num_buckets=500_000,
    entities=("user_id", "book_id", "author_id"),
)

# What is known before a video is shown: nothing of how it was watched. No task
# is conditional on `click`, or requires it: all are seen without one.
KUAIRAND = DatasetSchema(
    name="kuairand",
    fields=(
        *_integers("user_id", "video_id", "author_id", "music_id"),
        # The publication has 15 of them.
        FieldSpec(
            name="tab", kind="integer", vocabulary=tuple(map(str, range(15)))
        ),
        *_integers("hour", "video_duration_bucket", "music_type"),
        *_strings("video_type", "upload_type", "first_tag"),
        *_strings("user_active_degree", "follow_user_num_range"),
        *_strings("fans_user_num_range", "friend_user_num_range"),
        *_strings("register_days_range"),
        *_integers("is_lowactive_period", "is_live_streamer"),
        *_integers("is_video_author"),
        *_integers(*(f"onehot_feat{i}" for i in range(18))),
    ),
    tasks=(
        TaskSpec(name="click"),
        TaskSpec(name="long_view"),
        TaskSpec(name="finish"),
        TaskSpec(name="like"),
        TaskSpec(name="profile_visit"),
    ),
    num_buckets=1_000_000,
    domain="tab",
    entities=("user_id", "video_id", "author_id"),
)
KUAIRAND_ALL = dataclasses.replace(
    KUAIRAND,
    tasks=(
        *KUAIRAND.tasks,
        TaskSpec(name="comment"),
        TaskSpec(name="follow"),
        TaskSpec(name="forward"),
        TaskSpec(name="hate"),
    ),
)

SYNTHETIC_LOG = DatasetSchema(
    name="synthetic_log",
    fields=_integers(
        "user_id",
        "item_id",
        "hour",
        "device",
        "weekday",
        "month",
        "city",
        "app_version",
    ),
    tasks=(
        TaskSpec(name="click"),
        TaskSpec(name="purchase"),
        TaskSpec(name="like"),
        TaskSpec(name="share"),
    ),
    num_buckets=10_000,
)

SYNTHETIC_MTL = DatasetSchema(
    name="synthetic_mtl",
    fields=(FieldSpec(name="x", kind="vector", size=100),),
    tasks=(
        TaskSpec(name="task_0", kind="regression"),
        TaskSpec(name="task_1", kind="regression"),
    ),
    num_buckets=1,
)

# The paper counts 9 fields without naming them; `time` is left out.
TIKTOK = DatasetSchema(
    name="tiktok",
    fields=_integers(
        "uid",
        "user_city",
        "item_id",
        "author_id",
        "item_city",
        "channel",
        "music_id",
        "device",
        "duration_time",
    ),
    tasks=(TaskSpec(name="finish"), TaskSpec(name="like")),
    num_buckets=4_000_000,
    domain="channel",
    entities=("uid", "item_id", "author_id"),
)

CATALOG = {
    schema.name: schema
    for schema in (
        ALI_CCP,
        ALIEXPRESS,
        BOOK_CROSSING,
        CENSUS_INCOME,
        GOODREADS_POETRY,
        KUAIRAND,
        SYNTHETIC_LOG,
        SYNTHETIC_MTL,
        TIKTOK,
    )
}

# Data sets of images: their tasks and shapes depend on the variant.
IMAGES = ("omniglot_mtl",)

# Variants whose tasks are others.
VARIANTS = {
    "kuairand/pure_all": KUAIRAND_ALL,
    "kuairand/1k_all": KUAIRAND_ALL,
}

# Data sets whose records have a split `HOLDOUT`, which is none of `SPLITS`.
HOLDOUT = "holdout"
HELD_OUT = ("kuairand",)

# Data sets whose own split, that of `split_seed` 0, is by time.
SPLIT_BY_TIME = ("kuairand",)


def find_schema(name: str) -> DatasetSchema | None:
    """The schema of a data set, `None` if it is not in the catalog.

    Args:
        name: `"name"`, or `"name/config"` for a variant.
    """
    return VARIANTS.get(name) or CATALOG.get(name.partition("/")[0])


def has_holdout(name: str) -> bool:
    """Whether a data set's records have a hold-out of their own.

    Args:
        name: `"name"`, or `"name/config"` for a variant.
    """
    return name.partition("/")[0] in HELD_OUT


def is_split_by_time(name: str) -> bool:
    """Whether a data set's own split is by time.

    Args:
        name: `"name"`, or `"name/config"` for a variant.
    """
    return name.partition("/")[0] in SPLIT_BY_TIME
