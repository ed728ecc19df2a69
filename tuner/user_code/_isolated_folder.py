"""A folder of Python files that are imported for it alone, whatever modules of those names there are elsewhere.

Each folder is a package with a name of its own, such as `_tuner_user_0123456789abcdef`, and its files are submodules of
it. Their import statements look into the folder first; nothing is left in `sys.modules` under a plain name.
"""

import ast
import builtins
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
)
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

_PREFIX = "_tuner_user_"
"""Begins the names of the packages."""
_NEVER_BESIDE = frozenset({"tuner", *sys.builtin_module_names})
"""Modules that a file beside the importing one does not replace. A second `tuner` would have classes of its own."""


class IsolatedFolder:
    """A folder whose Python files are imported as submodules of a package with a name of its own."""

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self.name = name
        self.sources: dict[Path, bytes] = {}
        """Every source file used so far, as it was then."""
        self.loading = 0
        """How many of its files are being run right now, by `load`."""
        self._beside: dict[str, bool] = {}
        """By top-level module name: whether import statements take it from this folder."""
        self.hides: dict[str, str] = {}
        """Files in this folder that take the place of installed modules, by module name."""
        package = importlib.util.module_from_spec(ModuleSpec(name, None, is_package=True))
        package.__path__ = [str(path)]
        sys.modules[name] = package

    def read(self, file: Path) -> bytes:
        """Return the source of a file as it was when it was first read."""
        if file not in self.sources:
            self.sources[file] = file.read_bytes()
        return self.sources[file]

    def changed(self) -> bool:
        """Return whether any of the files is no longer what was read."""
        return any(_content(file) != source for file, source in self.sources.items())

    def load(self, file: Path) -> ModuleType:
        """Import one of the files, whatever its name is."""
        name = f"{self.name}.{file.stem.replace('.', '%2E')}"
        if name in sys.modules:
            return sys.modules[name]
        self.read(file)
        loader = _SourceLoader(name, str(file), self)
        spec = importlib.util.spec_from_file_location(name, file, loader=loader)
        if spec is None:
            raise ImportError("no Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # before it runs, as dataclasses and pickle look their module up there
        self.loading += 1
        try:
            loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            self._beside.clear()  # what was missing may be there at the next attempt
            raise
        finally:
            self.loading -= 1
        return module

    def load_module(self, name: str) -> ModuleType:
        """Import one of the folder's modules by its dotted name; a package has its plain name for others too."""
        if not self.has(name.partition(".")[0]):  # Python's own path leads to the same file
            return importlib.import_module(name)
        self.loading += 1
        try:
            return importlib.import_module(f"{self.name}.{name}")
        except BaseException:
            self._beside.clear()  # what was missing may be there at the next attempt
            raise
        finally:
            self.loading -= 1

    def module_file(self, name: str) -> Path | None:
        """Return the file of a module by its dotted name; None if there is none in this folder."""
        names = name.split(".")
        files = list(self._files(self.path, names))
        return files[-1] if len(files) == len(names) else None

    def import_module(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002  # the built-in function's names
        locals: Mapping[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """Import what an import statement in one of the files names; takes the place of the built-in `__import__`."""
        top = name.partition(".")[0]
        if level > 0 or not self.has(top):
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        try:
            module = importlib.import_module(f"{self.name}.{name}")
        except ModuleNotFoundError as error:
            if error.name is None or not error.name.startswith(f"{self.name}."):
                raise
            missing = error.name.removeprefix(f"{self.name}.")
            raise ModuleNotFoundError(f"No module named '{missing}'", name=missing) from None
        if fromlist:
            return builtins.__import__(module.__name__, globals, locals, fromlist, 0)
        return sys.modules[f"{self.name}.{top}"]

    def has(self, top: str) -> bool:
        """Return whether import statements in this folder's files take a module from it.

        As for a script, it goes before installed modules. Where Python's own path leads to the same file, the module
        is imported as everywhere else, so that it exists once. A folder without Python files of its own, which Python
        takes for a namespace package, goes last.
        """
        if top not in self._beside:
            self._beside[top] = top not in _NEVER_BESIDE and self._goes_first(top)
        return self._beside[top]

    def _goes_first(self, top: str) -> bool:
        own = self.find(f"{self.name}.{top}", [str(self.path)])
        if own is None:
            return False
        elsewhere = _installed(top)
        if elsewhere is None or own.origin is None:
            return elsewhere is None
        if elsewhere.origin is not None and Path(elsewhere.origin).resolve() == Path(own.origin).resolve():
            return False
        self.hides[top] = own.origin
        return True

    def find(self, name: str, path: Sequence[str]) -> ModuleSpec | None:
        """Return the spec of a module of this folder, by its whole name; None if there is no such file or folder."""
        loaders: list[Any] = [
            (ExtensionFileLoader, EXTENSION_SUFFIXES),
            (lambda full_name, file: _SourceLoader(full_name, file, self), SOURCE_SUFFIXES),
        ]
        portions: list[str] = []
        for entry in path:
            spec = FileFinder(entry, *loaders).find_spec(name)  # a new one, which has not cached the folder's content
            if spec is not None and spec.loader is not None:
                return spec
            if spec is not None:
                portions += spec.submodule_search_locations or []
        if not portions:
            return None
        namespace = ModuleSpec(name, None, is_package=True)
        namespace.submodule_search_locations = portions
        return namespace

    def imports(self, file: Path, source: bytes) -> Iterator[Path]:
        """Give the files of this folder that one of its files names in import statements anywhere in it."""
        try:
            tree = ast.parse(source, str(file))
        except (SyntaxError, ValueError):
            return  # imported later, it will fail
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield from self._files(self.path, alias.name.split("."))
            elif isinstance(node, ast.ImportFrom):
                base = file.parents[node.level - 1] if 0 < node.level <= len(file.parents) else self.path
                if not base.is_relative_to(self.path):
                    continue
                module = node.module.split(".") if node.module else []
                yield from self._files(base, module, absolute=not node.level)
                for alias in node.names:
                    yield from self._files(base, [*module, alias.name], absolute=not node.level)

    def _files(self, base: Path, names: Sequence[str], *, absolute: bool = True) -> Iterator[Path]:
        """Give the files of a module and of the packages it lies in."""
        if absolute and (names[0] in _NEVER_BESIDE or self.find(names[0], [str(base)]) is None):
            return
        place = base
        for name in names:
            place = place / name
            for file in (place / "__init__.py", place.with_name(f"{name}.py")):
                if file.is_file():
                    yield file
                    break


class _SourceLoader(SourceFileLoader):
    """Runs a Python file whose import statements begin in its folder."""

    def __init__(self, name: str, path: str, folder: IsolatedFolder) -> None:
        super().__init__(name, path)
        self._folder = folder

    def get_code(self, fullname: str) -> CodeType:
        """Compile the source; what Python has compiled before may be of another version."""
        return self.source_to_code(self._folder.read(Path(self.path)), self.path)

    def exec_module(self, module: ModuleType) -> None:
        """Run the file with an `__import__` of its own, which functions keep when they run later."""
        module.__dict__["__builtins__"] = {**vars(builtins), "__import__": self._folder.import_module}
        super().exec_module(module)


class _Finder(MetaPathFinder):
    """Finds the modules of users' folders by their whole names."""

    def __init__(self) -> None:
        self.current: dict[Path, IsolatedFolder] = {}
        """The latest import of every folder."""
        self.by_name: dict[str, IsolatedFolder] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        top = fullname.partition(".")[0]
        if top in _LAST_RESORT.given:  # a submodule, which Python itself would find and import a second time
            return _LAST_RESORT.find_spec(fullname, path)
        folder = self.by_name.get(top)
        return None if folder is None or path is None else folder.find(fullname, path)


class _LastResort(MetaPathFinder):
    """Finds modules of the user's folder that was loaded last, for code elsewhere that knows them by plain names.

    Gymnasium imports the `entry_point` of an environment by its name, long after the file that registers it was loaded.
    """

    def __init__(self) -> None:
        self.folder: IsolatedFolder | None = None
        self.given: set[str] = set()
        """Plain names of the modules that it has found."""

    def turn_to(self, folder: IsolatedFolder) -> None:
        """Find the modules of another folder from now on, and forget those given out so far."""
        if folder is not self.folder:
            for name in self.given:
                sys.modules.pop(name, None)
            self.given.clear()
        self.folder = folder

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        folder = self.folder
        top = fullname.partition(".")[0]
        if folder is None or top.startswith(_PREFIX):
            return None
        # When another package tries an optional import, it must not find a file of that name in this folder.
        if not (folder.loading or f"{folder.name}.{top}" in sys.modules) or not folder.has(top):
            return None
        whole = f"{folder.name}.{fullname}"
        try:
            module = importlib.import_module(whole)
        except ModuleNotFoundError as error:
            if error.name == whole:
                return None
            raise
        self.given.add(fullname)
        return ModuleSpec(fullname, _Loaded(module), is_package=hasattr(module, "__path__"))


class _Loaded(Loader):
    """Gives out a module that is loaded already."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


_FINDER = _Finder()
_LAST_RESORT = _LastResort()


def folder_of(file: Path) -> IsolatedFolder:
    """Return the folder of a file; a new one, with nothing imported yet, if one of its files has changed."""
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
        sys.meta_path.append(_LAST_RESORT)
    path = file.parent
    folder = _FINDER.current.get(path)
    if folder is None or folder.changed():
        digest = hashlib.sha256(str(path).encode()).hexdigest()[:16]
        earlier = sum(name.startswith(f"{_PREFIX}{digest}") for name in _FINDER.by_name)
        folder = IsolatedFolder(path, f"{_PREFIX}{digest}" + (f"_{earlier + 1}" if earlier else ""))
        _FINDER.current[path] = _FINDER.by_name[folder.name] = folder
    _LAST_RESORT.turn_to(folder)
    return folder


def loaded_folder_of(file: Path) -> IsolatedFolder:
    """Return the folder that a file was loaded in."""
    return _FINDER.current[file.parent]


def _installed(top: str) -> ModuleSpec | None:
    """Return the spec of a module that is importable everywhere, or loaded under its plain name."""
    loaded = sys.modules.get(top)
    if loaded is not None and not getattr(loaded, "__name__", top).startswith(_PREFIX):
        return ModuleSpec(top, None, origin=getattr(loaded, "__file__", None))
    finders = (finder for finder in sys.meta_path if finder is not _LAST_RESORT)
    return next((spec for finder in finders if (spec := finder.find_spec(top, None)) is not None), None)


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None
