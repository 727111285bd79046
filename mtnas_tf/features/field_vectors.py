"""A table that starts with vectors of one's own."""

import copy
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Self

import keras
import numpy as np

from mtnas_preprocessing import FieldSpec
from mtnas_preprocessing.vocabulary_rows import rows_of_vocabularies
from mtnas_tf.arguments import check_bools
from mtnas_tf.arguments import check_instances
from mtnas_tf.arguments import check_ints
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features.initializer_of_table import initializer_of_table
from mtnas_tf.types import Array
from mtnas_tf.types import Config
from mtnas_tf.types import DType
from mtnas_tf.types import Initializer
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor

Vectors = Mapping[Any, Any] | Array


@keras.saving.register_keras_serializable(package="mtnas_tf")
class FieldVectors(keras.initializers.Initializer):
    """Gives the values of some fields vectors, and all others random ones.

    It is a `table_initializer`, made by `from_schema`. A file of a model holds
    the weights, and neither this nor its config holds the vectors.

    Args:
        num_rows: int >= 0. Rows of the table, from the first, that may hold a
            vector.
        trainable: bool. Whether vectors are trained, as the rest of the table.
            Defaults to `True`.
        initializer: initializer of all other rows. Defaults to `None`, that of
            `FeatureEncoder`.
        num_copies: int > 0. Copies of a vector in a row, for tables of several
            networks side by side. Defaults to `1`.

    Example:
    >>> schema = mt.data.DatasetSchema(
    ...     name="log",
    ...     fields=(mt.data.FieldSpec(name="tab", vocabulary=("home", "new")),),
    ...     tasks=(mt.data.TaskSpec(name="click"),),
    ...     num_buckets=4,
    ... )
    >>> vectors = mt.features.FieldVectors.from_schema(
    ...     schema, {"tab": {"new": [0.5, 2.0]}}, initializer="zeros"
    ... )
    >>> vectors((4, 2)).numpy()
    array([[0. , 0. ],
           [0.5, 2. ],
           [0. , 0. ],
           [0. , 0. ]], dtype=float32)
    """

    def __init__(
        self,
        num_rows: int,
        trainable: bool = True,
        initializer: Initializer = None,
        num_copies: int = 1,
    ) -> None:
        check_ints(0, num_rows=num_rows)
        check_bools(trainable=trainable)
        check_ints(num_copies=num_copies)
        self.num_rows = num_rows
        self.trainable = trainable
        self.initializer = initializer_of_table(initializer)
        self.num_copies = num_copies
        self._vectors: dict[str, np.ndarray] = {}  # field -> its vectors
        self._rows: dict[str, np.ndarray] = {}  # field -> the row of each
        self._vocabularies: dict[str, Mapping[str | None, int]] = {}

    @classmethod
    def from_schema(
        cls,
        schema: DatasetSchema,
        vectors: Mapping[str, Vectors],
        trainable: bool = True,
        initializer: Initializer = None,
    ) -> Self:
        """Finds the rows of vectors by the vocabularies of their fields.

        Args:
            schema: `DatasetSchema`.
            vectors: dict field name -> dict raw value -> vector, in which
                values that the vocabulary lacks are ignored; or array
                `(len(vocabulary), dim)`. Fields without a vocabulary are
                refused: their values share rows by hashing.
            trainable: bool. Whether vectors are trained. Values without one
                are in any case. Defaults to `True`.
            initializer: initializer of all other rows. Defaults to `None`, that
                of `FeatureEncoder`.

        Raises:
            ValueError: for a field that has no vocabulary, vectors of unequal
                width or that are not finite, or if no value is in the
                vocabulary.
        """
        check_instances(DatasetSchema, schema=schema)
        fields = {field.name: field for field in schema.fields}
        vocabularies, _ = rows_of_vocabularies(schema.fields)
        found = {}
        for name, given in vectors.items():
            if name not in vocabularies:
                raise ValueError(
                    "`vectors` must be of fields that have a vocabulary, some "
                    f"of {sorted(vocabularies)}: hashed values share rows. "
                    f"Received: {name!r} among them"
                )
            found[name] = _rows_of(fields[name], vocabularies[name], given)
        rows = {name: rows for name, (rows, _) in found.items()}
        stop = max((int(r.max()) + 1 for r in rows.values()), default=0)
        made = cls(stop, trainable, initializer)
        made._vectors = {name: vectors for name, (_, vectors) in found.items()}
        made._rows = rows
        made._vocabularies = {name: vocabularies[name] for name in rows}
        return made

    def __call__(self, shape: Shape, dtype: DType = None) -> Tensor:
        table = np.array(self.initializer(shape, dtype=dtype))
        copies = table.reshape(len(table), self.num_copies, -1)
        for name, rows in self._rows.items():
            vectors = self._vectors[name]
            copies[rows, :, : vectors.shape[1]] = vectors[:, None]
        return keras.ops.convert_to_tensor(table)

    @property
    def has_vector(self) -> np.ndarray:
        """Which rows of the first `num_rows` hold a vector."""
        found = np.zeros(self.num_rows, bool)
        for rows in self._rows.values():
            found[rows] = True
        return found

    def check(self, schema: DatasetSchema, widths: Sequence[int]) -> None:
        """Refuses vectors that do not fit the encoder that they start.

        Args:
            schema: `DatasetSchema` of the encoder.
            widths: the width of the embedding of each field.

        Raises:
            ValueError: if a vocabulary or a width is another.
        """
        names = [field.name for field in schema.preprocessor.id_fields]
        width_of = dict(zip(names, widths, strict=True))
        vocabularies, _ = rows_of_vocabularies(schema.fields)
        for name, vectors in self._vectors.items():
            if vocabularies.get(name) != self._vocabularies[name]:
                raise ValueError(
                    "`table_initializer` must be made from the schema of the "
                    f"model. Received: another vocabulary of {name!r}"
                )
            if width_of[name] != vectors.shape[1]:
                raise ValueError(
                    f"`embedding_dim` must give {name!r} the width of its "
                    f"vectors, {vectors.shape[1]}. Received: {width_of[name]}"
                )

    def with_copies(self, num_copies: int) -> Self:
        """The same vectors, several times in a row.

        Args:
            num_copies: int > 0.
        """
        copied = copy.copy(self)
        copied.num_copies = num_copies
        return copied

    def with_initializer(self, initializer: Initializer) -> Self:
        """The same vectors, and another start of all other rows.

        Args:
            initializer: initializer.
        """
        copied = copy.copy(self)
        copied.initializer = initializer
        return copied

    def get_config(self) -> Config:
        return {
            "num_rows": self.num_rows,
            "trainable": self.trainable,
            "initializer": keras.initializers.serialize(self.initializer),
            "num_copies": self.num_copies,
        }


def _rows_of(
    field: FieldSpec, rows: Mapping[str | None, int], given: Vectors
) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the table, and the vector of each."""
    vocabulary = field.vocabulary or ()
    if isinstance(given, Mapping):
        by_text = {field.text(value): v for value, v in given.items()}
        texts = [text for text in vocabulary if text in by_text]
        values = [by_text[text] for text in texts]
    else:
        texts, values = list(vocabulary), given
    try:
        array = np.asarray(values, np.float32)
    except ValueError:  # of different lengths
        array = np.empty(0, np.float32)
    if (
        not texts
        or array.ndim != 2
        or len(array) != len(texts)
        or not array.shape[1]
        or not np.isfinite(array).all()
    ):
        raise ValueError(
            f"`vectors[{field.name!r}]` must be a dict of finite vectors, of "
            "one width, at least one of them of a value in the vocabulary; or "
            f"an array of shape ({len(vocabulary)}, dim). Received: "
            f"{len(texts)} values of the vocabulary, shape {array.shape}"
        )
    return np.array([rows[text] for text in texts]), array
