"""The ways to balance tasks, by name."""

from mtnas_tf.balancing.balancing import Balancing
from mtnas_tf.balancing.ca_grad import CAGrad
from mtnas_tf.balancing.dwa import DWA
from mtnas_tf.balancing.famo import FAMO
from mtnas_tf.balancing.gdod import GDOD
from mtnas_tf.balancing.grad_norm import GradNorm
from mtnas_tf.balancing.meta_balance import MetaBalance
from mtnas_tf.balancing.mgda import MGDA
from mtnas_tf.balancing.pc_grad import PCGrad
from mtnas_tf.balancing.uncertainty_weighting import UncertaintyWeighting

BALANCINGS: dict[str, type[Balancing]] = {
    "cagrad": CAGrad,
    "dwa": DWA,
    "famo": FAMO,
    "gdod": GDOD,
    "gradnorm": GradNorm,
    "metabalance": MetaBalance,
    "mgda": MGDA,
    "pcgrad": PCGrad,
    "uncertainty": UncertaintyWeighting,
}


def get(balancing: str | Balancing | None) -> Balancing | None:
    """The balancing of a name; a `Balancing` and None as they are.

    Args:
        balancing: key of `BALANCINGS`, `Balancing` or None.

    Raises:
        ValueError: for a name that does not exist, or another object.

    Example:
    >>> get("dwa").temperature
    2.0
    """
    if balancing is None or isinstance(balancing, Balancing):
        return balancing
    if not isinstance(balancing, str) or balancing not in BALANCINGS:
        raise ValueError(
            f"`balancing` must be one of {sorted(BALANCINGS)}, a `Balancing` "
            f"or None. Received: balancing={balancing!r}"
        )
    return BALANCINGS[balancing]()
