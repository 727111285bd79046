"""Dense Adam in NumPy and float64, as in the paper's section 2."""

import numpy as np


class DenseAdam:
    """Every element of every variable moves in every step that has it.

    Args:
        starts: list of arrays.
        betas: two floats.
        epsilon: float.
        decays: list of floats, the coupled L2 of each variable.
        clip: dict with at most one of Keras's clipping options.
    """

    def __init__(
        self, starts, betas=(0.9, 0.999), epsilon=1e-7, decays=None, clip=None
    ):
        self.weights = [np.array(start, "float64") for start in starts]
        self.m = [np.zeros_like(w) for w in self.weights]
        self.v = [np.zeros_like(w) for w in self.weights]
        self.paths = [np.zeros_like(w) for w in self.weights]  # ways gone
        self.betas = betas
        self.epsilon = epsilon
        self.decays = decays or [0.0] * len(starts)
        self.clip = clip or {}
        self.num_steps = 0

    def step(self, gradients, learning_rate):
        """One step.

        Args:
            gradients: dict index of a variable -> its gradient: an array, or
                `(ids, rows)` of a table, where ids may come twice.
            learning_rate: float.
        """
        self.num_steps += 1
        dense = {i: self._dense(i, g) for i, g in gradients.items()}
        touched = {i: self._touched(i, g) for i, g in gradients.items()}
        self._clip(dense)
        for i, g in dense.items():
            g = g + touched[i] * self.decays[i] * self.weights[i]
            self._move(i, g, learning_rate)

    def _move(self, i, g, learning_rate):
        b1, b2 = self.betas
        self.m[i] = b1 * self.m[i] + (1 - b1) * g
        self.v[i] = b2 * self.v[i] + (1 - b2) * g**2
        corrections = np.sqrt(1 - b2**self.num_steps), 1 - b1**self.num_steps
        rate = learning_rate * corrections[0] / corrections[1]
        move = rate * self.m[i] / (np.sqrt(self.v[i]) + self.epsilon)
        self.weights[i] -= move
        self.paths[i] += np.abs(move)

    def _dense(self, i, gradient):
        dense = np.zeros_like(self.weights[i])
        if not isinstance(gradient, tuple):
            return dense + gradient
        for row, values in zip(*gradient, strict=True):
            dense[row] += values
        return dense

    def _touched(self, i, gradient):
        if not isinstance(gradient, tuple):
            return gradient != 0
        rows = np.isin(np.arange(len(self.weights[i])), gradient[0])
        return rows[:, None]

    def _clip(self, gradients):
        ((option, limit),) = self.clip.items() or [(None, None)]
        norms = {i: np.sqrt(np.sum(g**2)) for i, g in gradients.items()}
        if option == "global_clipnorm":
            total = np.sqrt(sum(norm**2 for norm in norms.values()))
            norms = dict.fromkeys(norms, total)
        for i, g in gradients.items():
            if option == "clipvalue":
                gradients[i] = np.clip(g, -limit, limit)
            elif option is not None:
                gradients[i] = g * min(1.0, limit / max(norms[i], 1e-30))
