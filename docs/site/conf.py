"""The site of all pages: `make docs` builds it from the repository's root."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from mtnas_tf import __version__  # noqa: E402

project = "mtnas_tf"
author = "The authors of mtnas_tf"
release = version = __version__
root_doc = "docs/site/index"
include_patterns = [
    "docs/site/index.md",
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs/*.md",
    "docs/**/*.md",
    "docs/notebooks/*.ipynb",
    "serving/README.md",
    "tfds_builders/*/README.md",
]
exclude_patterns = ["build", ".venv"]
extensions = ["myst_nb", "sphinx_copybutton"]
# `make links`. Headings of GitHub's pages get their anchors from a script.
linkcheck_anchors_ignore_for_url = ["https://github.com/.*"]
linkcheck_timeout = 30
linkcheck_retries = 2
# Their outputs are in the files: `make notebooks`.
nb_execution_mode = "off"
myst_heading_anchors = 4
# Pages of data sets begin without a title, as TFDS shows them; tables that
# programs wrote are reached from the pages beside them.
suppress_warnings = ["myst.header", "toc.not_included"]
html_theme = "furo"
html_show_copyright = False
html_title = f"mtnas_tf {version}"
# A page that leads to the first one; the pictures that pages show by <img>; and
# what pdoc made, which reads docstrings as they are written, in Markdown.
html_extra_path = ["root", "../../build/extra"]
