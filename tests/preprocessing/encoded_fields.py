"""Fields that tests encode by themselves."""

import numpy as np

from mtnas_preprocessing import FieldSpec
from mtnas_preprocessing import Preprocessor
from mtnas_preprocessing.hashing import bucket_id

CITY = FieldSpec(name="city")
AGE = FieldSpec(name="age", kind="integer")
X = FieldSpec(name="x", kind="vector", size=2)
BUCKETS = 1_000_000


def ids_of(field, values):
    """Ids of the values of one field, in one call."""
    arrays = Preprocessor([field], BUCKETS)({field.name: values})
    assert arrays["ids"].dtype == np.int32
    return arrays["ids"][:, 0].tolist()


def hashed(field, text):
    return bucket_id(field.name, text, BUCKETS)


TAGS = FieldSpec(name="tags", max_length=3)
VISITS = FieldSpec(name="visits", kind="integer", max_length=2)
