"""REINFORCE: a policy that moves towards the routes of good networks."""

from collections.abc import Sequence

import numpy as np

from mtnas_tf.arguments import check_positive
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.strategies.route_policy import RoutePolicy
from mtnas_tf.search.candidates.strategies.strategy import Strategy
from mtnas_tf.search.candidates.strategies.trial import Trial


class Reinforce(Strategy):
    """Draws routes from a policy, and moves it by their scores.

    The estimator of the paper's supernet (there
    `SearchModel.compile(estimator="reinforce")`), whose rewards are of weights
    that all routes share. Here a reward is the score of a network that was
    trained by itself. After a round of routes A_1 .. A_S with scores r_s

        logits += learning_rate * 1/S sum_s d_s grad log p(A_s)

    where d_s is r_s minus the mean score of the round, whose networks started
    alike, in standard deviations of the round. Routes that were given, not
    drawn, move nothing. The policy has a logit for each edge, see
    `RoutePolicy`, not for each set of edges: a search has tens of trials, too
    few for the 255 sets of eight.

    Args:
        space: see `Strategy`.
        first: see `Strategy`. Defaults to `()`.
        learning_rate: float > 0. Defaults to `2.0`.

    Example:
    >>> space = mt.routes.RouteSpace(("click", "buy"), 1, 2)
    >>> strategy = Reinforce(space)
    >>> apart, full = space.hand_made.disjoint(), space.full_route()
    >>> trials = [
    ...     mt.search.strategies.Trial(route, score)
    ...     for route, score in ((apart, 0.7), (full, 0.6))
    ... ]
    >>> policy = strategy.policy(trials)
    >>> bool(policy.log_probability(apart) > policy.log_probability(full))
    True

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), equation 5; the
      baseline is that of [Kool et al.,
      2019](https://openreview.net/forum?id=r1lgTGL5DE).
    """

    def __init__(
        self,
        space: RouteSpace,
        first: Sequence[Route] = (),
        learning_rate: float = 2.0,
    ) -> None:
        super().__init__(space, first)
        check_positive(learning_rate=learning_rate)
        self.learning_rate = learning_rate
        self.per_round = 8  # as in `CandidateSearch`, until it plans another
        self._last: tuple[list[Trial], RoutePolicy] | None = None

    @property
    def least_trials(self) -> int:
        """Two drawn routes can be compared."""
        return len(self.first) + 2

    def plan(self, budget: int, per_round: int) -> None:
        super().plan(budget, per_round)
        self.per_round = per_round
        self._last = None

    def policy(self, trials: Sequence[Trial]) -> RoutePolicy:
        """The policy after some trials.

        Args:
            trials: of whole rounds but the last one, oldest first.
        """
        policy = RoutePolicy(self.space)
        for start in range(0, len(trials), self.per_round):
            of_round = trials[start : start + self.per_round]
            drawn = [t for t in of_round if t.route not in self.first]
            advantages = _advantages([trial.score for trial in drawn])
            gradients = [policy.gradient(trial.route) for trial in drawn]
            for advantage, gradient in zip(advantages, gradients, strict=True):
                size = self.learning_rate * advantage / len(drawn)
                policy.move({key: size * g for key, g in gradient.items()})
        return policy

    def draw(self, trials: Sequence[Trial], rng: np.random.Generator) -> Route:
        """A route of the policy; before scores are used of the first one."""
        known = list(trials) if self.uses_scores(trials) else []
        if self._last is None or self._last[0] != known:
            self._last = known, self.policy(known)
        return self._last[1].draw(rng)


def _advantages(scores: Sequence[float]) -> np.ndarray:
    """Scores in standard deviations about their mean; 0 if all are equal.

    The mean of the other routes as a baseline differs by a factor, which the
    standard deviation takes out.
    """
    found = np.array(scores, float)
    if len(set(scores)) < 2:
        return np.zeros(len(found))
    advantages: np.ndarray = (found - found.mean()) / found.std()
    return advantages
