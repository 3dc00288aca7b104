"""Modules beside a config: each folder's own, however many runs share the process."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

PREFIX = "_limn_"

_folders: ContextVar[tuple[Path, ...]] = ContextVar("folders", default=())


@contextmanager
def importing_from(folders: Sequence[str | Path]) -> Iterator[None]:
    """While active, ``module:Name`` is looked for in these folders, in their order, then in the working directory."""
    token = _folders.set(tuple(Path(folder).resolve() for folder in (*folders, Path.cwd())))
    try:
        yield
    finally:
        _folders.reset(token)


def import_local(name: str) -> ModuleType | None:
    """The module of that name in one of the active folders; None where there is none.

    Modules of the same name in two folders are two modules. A module imports its neighbours at its top.

    Raises:
        ImportError: the module, or something that it imports, cannot be imported.
    """
    for folder in _folders.get():
        stem = folder.joinpath(*name.split("."))
        for file in (stem.with_suffix(".py"), stem / "__init__.py"):
            if file.is_file():
                return _load(folder, name, file)
    return None


def is_local(module: str) -> bool:
    """True for the name of a module that `import_local` loaded."""
    return module.startswith(PREFIX)


def _load(folder: Path, name: str, file: Path) -> ModuleType:
    digest = hashlib.blake2b(str(folder).encode(), digest_size=6).hexdigest()
    unique = f"{PREFIX}{digest}_{name.replace('.', '_')}"
    imported = sys.modules.get(name)
    if imported is not None and getattr(imported, "__file__", None) == str(file):
        return imported
    if unique in sys.modules:
        return sys.modules[unique]
    spec = spec_from_file_location(unique, file)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[unique] = module
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[unique]
        raise
    finally:
        sys.path.remove(str(folder))
        for neighbour in set(sys.modules) - before - {unique}:
            origin = getattr(sys.modules[neighbour], "__file__", None)
            if origin is not None and Path(origin).is_relative_to(folder):
                del sys.modules[neighbour]  # it lives on in the module; another folder may have one of its name
    return module
