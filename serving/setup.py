"""Makes the package `mtnas_serving` of the code that training shares.

`export.serving` and `mtnas_preprocessing` are copied under one name of their
own, so that no file belongs to both distributions. A source distribution holds
the copies, and nothing to copy from.
"""

import re
import shutil
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).parent
# Package -> the folder it is copied from.
SOURCES = {
    "mtnas_serving": "export/serving",
    "mtnas_serving.preprocessing": "mtnas_preprocessing",
}
NAMES = {
    "export.serving": "mtnas_serving",
    "mtnas_preprocessing": "mtnas_serving.preprocessing",
}


def copy_package(repository: Path, target: Path) -> None:
    """Writes the package into the folder `target`, which it replaces."""
    shutil.rmtree(target, ignore_errors=True)
    for package, source in SOURCES.items():
        for path in sorted((repository / source).rglob("*.py")):
            inside = path.relative_to(repository / source)
            copy = target.joinpath(*package.split(".")[1:], inside)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(renamed(path.read_text("utf-8")), "utf-8")
    (target / "py.typed").touch()
    version = version_of(repository / "mtnas_tf" / "__init__.py")
    with open(target / "__init__.py", "a", encoding="utf-8") as file:
        file.write(f'\n__version__ = "{version}"\n')


def renamed(text: str) -> str:
    """A file's text with the names that its packages have here."""
    for old, new in NAMES.items():
        text = text.replace(old, new)
    return text


def version_of(path: Path) -> str:
    """The version that a file declares."""
    pattern = r'^__version__ = "(.*)"$'
    return re.findall(pattern, path.read_text("utf-8"), re.MULTILINE)[0]


if __name__ == "__main__":
    if (HERE.parent / "mtnas_preprocessing").is_dir():
        copy_package(HERE.parent, HERE / "mtnas_serving")
    setup()
