"""Data set name -> what the project makes of its columns."""

from mtnas_preprocessing import FieldSpec
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.schema import TaskSpec


def _strings(*names: str) -> tuple[FieldSpec, ...]:
    return tuple(FieldSpec(name=name) for name in names)


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
    tasks=(TaskSpec(name="rated"), TaskSpec(name="satisfied")),
    num_buckets=1_000_000,
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

CATALOG = {schema.name: schema for schema in (BOOK_CROSSING, SYNTHETIC_MTL)}
