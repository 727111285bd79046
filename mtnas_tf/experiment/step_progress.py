"""Reports the steps of a `fit` as progress."""

import keras

from mtnas_tf.progress import advance

# A search in a supernet, and a network trained by itself, in trainings of all
# places of a population.
OF_SUPERNET = 1.5
OF_NETWORK = 0.5


class StepProgress(keras.callbacks.Callback):
    """Counts the steps of a `fit` for the progress that is shown.

    Args:
        amount: float. The work of the whole `fit`.
        num_steps: int. Most steps that it may take.
    """

    def __init__(self, amount: float, num_steps: int) -> None:
        super().__init__()
        self.left = amount
        self.of_step = amount / num_steps

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        self.left -= self.of_step
        advance(self.of_step)

    def on_train_end(self, logs: object = None) -> None:
        advance(self.left)  # it may have stopped early
