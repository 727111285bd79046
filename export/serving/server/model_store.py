"""The models of a folder, kept up to date."""

import asyncio
import logging
from pathlib import Path

from kserve import ModelRepository
from kserve.errors import ModelNotFound

from .metrics import REFUSED
from .model_folder import Key
from .model_folder import Stamp
from .model_folder import find_exports
from .model_folder import stamp_of
from .options import ServerOptions
from .served_model import ServedModel

_LOGGER = logging.getLogger(__name__)


class ModelStore(ModelRepository):
    """Versions of models that are served, those of a folder.

    Every version in the folder is served, and the newest where a request names
    none. A request keeps the version that it began with. What cannot be loaded
    is refused, with a line in the log, until its files change: what was served
    before stays. A version that is gone is dropped at the second look, since
    an export that is replaced is away for a moment.

    Args:
        options: `ServerOptions`.
    """

    def __init__(self, options: ServerOptions) -> None:
        super().__init__(str(options.artefact))
        self._options = options
        self._versions: dict[str, dict[int, ServedModel]] = {}
        self._stamps: dict[Key, Stamp] = {}
        self._gone: set[Key] = set()

    def get_model(self, name: str) -> ServedModel | None:
        versions = self._versions.get(name)
        return versions[max(versions)] if versions else None

    def get_models(self) -> dict[str, ServedModel]:
        return {
            name: versions[max(versions)]
            for name, versions in self._versions.items()
        }

    def get_version(self, name: str, version: str | None) -> ServedModel:
        """A version of a model, the newest for None or an empty text.

        Raises:
            ModelNotFound: if it is not served.
        """
        versions = self.versions(name)
        if not version:
            return versions[max(versions)]
        if not version.isdecimal() or int(version) not in versions:
            raise ModelNotFound(f"{name} and version {version}")
        return versions[int(version)]

    def versions(self, name: str) -> dict[int, ServedModel]:
        """The versions of a model, by number.

        Raises:
            ModelNotFound: if it is not served.
        """
        if name not in self._versions:
            raise ModelNotFound(name)
        return dict(sorted(self._versions[name].items()))

    async def refresh(self) -> None:
        """Looks at the folder: loads what is new, drops what is gone."""
        found = await asyncio.to_thread(
            find_exports, self._options.artefact, self._options.name
        )
        for key, path in found.items():
            stamp = stamp_of(path)
            if self._stamps.get(key) != stamp:
                self._stamps[key] = stamp
                await self._load(key, path)
        gone = set(self._stamps) - set(found)
        for key in gone & self._gone:
            self._drop(key)
        self._gone = gone

    async def keep_fresh(self) -> None:
        """Looks at the folder again and again."""
        while True:
            await asyncio.sleep(self._options.poll_seconds)
            try:
                await self.refresh()
            except Exception as error:  # whatever it was may pass
                _LOGGER.error("cannot look for new versions: %s", error)

    async def _load(self, key: Key, path: Path) -> None:
        name, version = key
        try:
            model = await asyncio.to_thread(
                ServedModel, name, version, path, self._options
            )
        except Exception as error:  # whatever a damaged file leads to
            REFUSED.labels(name).inc()
            _LOGGER.error("refused %s version %d: %s", name, version, error)
            return
        self._versions.setdefault(name, {})[version] = model
        _LOGGER.info("serving %s version %d from %s", name, version, path)

    def _drop(self, key: Key) -> None:
        name, version = key
        del self._stamps[key]
        versions = self._versions.get(name, {})
        if versions.pop(version, None) is not None:
            _LOGGER.info("dropped %s version %d: it is gone", name, version)
        if not versions:
            self._versions.pop(name, None)
