"""Steps of every sharing method, against MMoE of equal size."""
