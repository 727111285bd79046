import checks
import keras
import numpy as np

from mtnas_tf.layers import SavedDropout

INPUTS = np.ones((3, 40), "float32")


def test_drops_its_share_in_training_alone(tmp_path):
    inputs = keras.Input((40,))
    model = keras.Model(inputs, SavedDropout(0.25, seed=3)(inputs))
    np.testing.assert_array_equal(model(INPUTS), INPUTS)
    dropped = model(np.ones((50, 40)), training=True).numpy()
    assert np.isin(dropped, (0.0, np.float32(1 / 0.75))).all()
    assert abs((dropped == 0).mean() - 0.25) < 5 * np.sqrt(0.1875 / 2000)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for _ in range(2):  # it goes on where it was
        np.testing.assert_array_equal(
            loaded(INPUTS, training=True), model(INPUTS, training=True)
        )
    checks.assert_same_weights(loaded, model)
