"""The colours of all plots.

Okabe and Ito's, which the colour-blind can tell apart, and greys.

Reference:
- [Okabe and Ito, 2008](https://jfly.uni-koeln.de/color/).
"""

from matplotlib.colors import LinearSegmentedColormap
from matplotlib.colors import to_rgb

BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
PURPLE, ORANGE, SKY_BLUE = "#CC79A7", "#E69F00", "#56B4E9"
# In the order in which the things of a plot take them.
COLORS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY_BLUE)

INK, DARK_GREY, GREY, PALE_GREY = "#222222", "#4A4A4A", "#757575", "#E4E4E4"

# Of amounts, from none to much, and of numbers around 0.
AMOUNTS = LinearSegmentedColormap.from_list("amounts", ["white", BLUE])
SIGNED = LinearSegmentedColormap.from_list("signed", [VERMILION, "white", BLUE])


def ink_on(color: str) -> str:
    """White or dark, whichever reads better on a colour.

    Args:
        color: any colour of matplotlib's.

    Returns:
        A colour.

    Example:
    >>> ink_on(BLUE), ink_on(SKY_BLUE)
    ('white', '#222222')
    """
    red, green, blue = to_rgb(color)
    is_dark = 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.55
    return "white" if is_dark else INK
