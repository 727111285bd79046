"""Ridge regression of scores, with the uncertainty of what it expects."""

import numpy as np

PENALTIES = (10.0, 30.0, 100.0, 300.0)


class Ridge:
    """A linear model of standardized features, shrunk towards the mean.

    The penalty is the one of `PENALTIES` with the least leave-one-out error.
    Read as a Bayesian model, each weight has a normal prior around 0 with the
    variance of the noise divided by the penalty, and the mean a flat one.

    Args:
        features: `(rows, features)`, of at least two rows.
        targets: `(rows,)`.

    Attributes:
        noise: float. Variance of a target beside what is expected of it: the
            squared residuals over the degrees of freedom that are left.

    Example:
    >>> model = Ridge(np.arange(20.0)[:, None], np.arange(20.0))
    >>> low, high = model.expected(np.array([[0.0], [19.0]]))
    >>> bool(0 < low < high < 19)
    True
    """

    def __init__(self, features: np.ndarray, targets: np.ndarray) -> None:
        self._centre, spread = features.mean(axis=0), features.std(axis=0)
        self._spread = np.where(spread == 0, 1.0, spread)
        self._known = self._standardized(features)
        self._mean = targets.mean()
        left, values, right = np.linalg.svd(self._known, full_matrices=False)
        centred = targets - self._mean
        best_error = np.inf
        for penalty in PENALTIES:
            shrunk = values / (values**2 + penalty)
            # The mean takes a degree of freedom too: 1 / rows.
            leverage = left**2 @ (values * shrunk) + 1 / len(left)
            weights = right.T @ (shrunk * (left.T @ centred))
            residuals = centred - self._known @ weights
            error = float(np.mean((residuals / (1 - leverage)) ** 2))
            if error < best_error:
                best_error, self._penalty, self._weights = (
                    error,
                    penalty,
                    weights,
                )
                left_over = max(len(targets) - leverage.sum(), 1.0)
                self.noise = float(residuals @ residuals / left_over)

    def expected(self, features: np.ndarray) -> np.ndarray:
        """What is expected of other rows: `(rows,)`."""
        new = self._standardized(features)
        found: np.ndarray = self._mean + new @ self._weights
        return found

    def deviations(
        self, features: np.ndarray, pending: np.ndarray | None = None
    ) -> np.ndarray:
        """Posterior standard deviations of what is expected, without noise.

        Args:
            features: `(rows, features)`.
            pending: the same of rows whose targets will be known: they make
                others surer already. Defaults to `None`, none.
        """
        known = self._known
        if pending is not None and len(pending):
            known = np.concatenate([known, self._standardized(pending)])
        new = self._standardized(features)
        matrix = known.T @ known + self._penalty * np.eye(known.shape[1])
        spread = np.sum(new * np.linalg.solve(matrix, new.T).T, axis=1)
        found: np.ndarray = np.sqrt(self.noise * (spread + 1 / len(known)))
        return found

    def _standardized(self, features: np.ndarray) -> np.ndarray:
        scaled: np.ndarray = (features - self._centre) / self._spread
        return scaled
