"""What a Python file sets: its statements are followed one by one, but nothing in it is run.

Classes, dicts, assignments to attributes, `__post_init__` and functions of the file are followed, and files that it
imports, where Python would find them if one of the folders above were on its path. What depends on a condition that is
not known is unknown, and so is what comes from elsewhere.
"""

import ast
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tuner.actions.audit.config_files._python_expressions import (
    CONSTANTS,
    MODULES,
    called,
    combine,
    evaluate,
    is_known,
    key_text,
    known_function,
    unknown,
)
from tuner.actions.audit.config_files._python_values import (
    Class,
    Function,
    Imported,
    Instance,
    Module,
    Steps,
    copied,
    doubted,
)
from tuner.actions.audit.config_files._values import Section, Unknown, shown

_STEPS = 300_000
_DEEPEST_CALL = 30
_SPEAKING = ("clip", "ActionCfg", "actions")
"""Only functions with a name or a text that contains one of these are followed by themselves."""
_MOST_MODULES = 60
"""Imports are followed into so many files."""
_CERTAIN = frozenset({"TYPE_CHECKING", "__name__ == '__main__'"})
"""Conditions that are taken to hold."""
_CONSTRUCTORS = ("__init__", "__post_init__")


@dataclass(frozen=True)
class Root:
    """One set of settings that a file makes: of a class, a variable or a function."""

    name: str
    section: Section
    replaces: frozenset[str] = frozenset()
    """Names of others that it stands for: base classes, parts of it, classes that it changes."""


def read_roots(file: Path, label: str) -> tuple[list[Root], frozenset[Path]]:
    """Return the settings that a file makes, in order, and all files that were read for it.

    Args:
        file: the Python file.
        label: the file as messages name it.

    Raises:
        OSError: if it cannot be read.
        SyntaxError: if it is no Python; ValueError if it has a null byte.
        RecursionError: if it is nested too deeply; MemoryError in the same case.
        TooLongError: if it takes too many steps to follow.
    """
    reader = _Reader()
    module = reader.read(file.resolve(), label)
    reader.calls = set()
    roots = _module_roots(reader, module)
    roots += _function_roots(reader, module, reader.calls)
    return roots, frozenset(reader.modules)


def _module_roots(reader: "_Reader", module: Module) -> list[Root]:
    found = []
    for name in module.own:
        value = module.scope.get(name)
        if isinstance(value, Section):
            section = reader.configured(value) if isinstance(value, Class) else value
            found.append(Root(name, section, _replaced(section) - {name}))
    return found


def _function_roots(reader: "_Reader", module: Module, constructing: set[int]) -> list[Root]:
    """Return what functions and methods set that speak of clipping, and that no other one calls.

    Args:
        reader: the reader.
        module: the file.
        constructing: the functions that constructors have called; what their methods do is known already.
    """
    functions = [value for name in module.own if isinstance(value := module.scope.get(name), Function)]
    classes = [value for name in module.own if isinstance(value := module.scope.get(name), Class)]
    methods = [method for found in classes for method in found.methods.values()]
    free = [method for method in methods if method.name not in _CONSTRUCTORS and id(method.node) not in constructing]
    runs = {}
    inner: set[int] = set()
    for function in (*functions, *free):
        if function.mentions(_SPEAKING):
            roots, calls = _function_run(reader, module, function)
            runs[id(function.node)] = roots
            inner |= calls - {id(function.node)}
    return [root for node, roots in runs.items() if node not in inner for root in roots]


def _function_run(reader: "_Reader", module: Module, function: Function) -> tuple[list[Root], set[int]]:
    """Return what a function sets, on a copy of the module's values, and the functions that it calls."""
    before, reader.calls, reader.touched = module.scope, set(), {}
    module.scope = copied(before, reader.step)
    title = f"{function.name}()"
    try:
        given: list[Any] = []
        if function.owner is not None:
            owner = module.scope.get(function.owner.kind)
            given = [reader.instance(owner if isinstance(owner, Class) else function.owner)]
        scope = Section()
        result = reader.run(function, given, {}, scope)
        found = [Root(title, section, _replaced(section)) for section in _sections((*scope.values(), result))]
        for name, section in module.scope.items():
            if isinstance(section, Section) and _reaches(section, reader.touched):
                found.append(Root(title, section, _replaced(section) | {name}))
        if function.owner is not None:  # nobody in the file calls it: the class without it stands beside it
            found = [Root(title, root.section, root.replaces - {function.owner.kind}) for root in found]
        return found, reader.calls
    finally:
        module.scope = before


def _sections(values: Iterable[Any]) -> list[Section]:
    found = []
    for value in values:
        entries = value if isinstance(value, list) else [value]
        found += [entry for entry in entries if isinstance(entry, Section) and not isinstance(entry, Class)]
    return list({id(section): section for section in found}.values())


def _reaches(section: Section, touched: dict[int, Any]) -> bool:
    return any(id(inner) in touched for inner in _within(section))


def _within(section: Section) -> Iterable[Section]:
    left: list[Any] = [section]
    seen = set()
    while left:
        value = left.pop()
        if isinstance(value, Section | list) and id(value) not in seen:
            seen.add(id(value))
            left += value.values() if isinstance(value, Section) else value
            if isinstance(value, Section):
                yield value


def _replaced(section: Section) -> frozenset[str]:
    """Return the names of the classes that a section has come from: its own, their bases, and those of its parts."""
    kinds = {inner.kind for inner in _within(section) if inner is not section and inner.kind}
    own = section.of if isinstance(section, Instance) else section
    if isinstance(own, Class):
        kinds |= {base.kind for base in own.ancestors()} | ({own.kind} if own is not section else set())
    return frozenset(kinds)


@lru_cache(maxsize=256)
def _parsed(file: Path, changed: int, size: int) -> ast.Module:
    """Return the syntax tree of a file; in a folder, many files import the same ones.

    Args:
        file: the file.
        changed: when it was changed, so that a file that was changed meanwhile is parsed again.
        size: its size, for the same purpose.
    """
    return ast.parse(file.read_bytes(), filename=str(file))


class _Reader:
    def __init__(self) -> None:
        self.modules: dict[Path, Module] = {}
        self.step = Steps(_STEPS)
        self.condition = ""
        """A condition that is not known and that holds where the reader is; empty if there is none."""
        self.calls: set[int] = set()
        self.touched: dict[int, Any] = {}
        """What was assigned to, by identity; kept, so that no identity is used twice."""
        self._running: list[ast.AST] = []

    def read(self, file: Path, label: str) -> Module:
        """Return what a file defines; if it is still being read, what it has defined so far, as in Python."""
        if file in self.modules:
            return self.modules[file]
        module = self.modules[file] = Module(file, label)
        status = file.stat()
        tree = _parsed(file, status.st_mtime_ns, status.st_size)
        _Frame(self, module, (module.scope,)).follow(tree.body)
        return module

    def imported(self, statement: ast.ImportFrom, importer: Module) -> Section:
        """Return what a module that is imported defines; nothing if it is not found or cannot be read."""
        source = _module_file(statement, importer.file)
        if source is None or len(self.modules) >= _MOST_MODULES:
            return Section()
        condition, self.condition = self.condition, ""
        try:
            return self.read(source, str(source)).scope
        except (OSError, SyntaxError, ValueError):
            return Section()
        finally:
            self.condition = condition

    def resolve(self, found: Imported) -> Any:
        """Return what an imported name stands for."""
        origin = "." * found.statement.level + (found.statement.module or "")
        if origin in MODULES and found.name in CONSTANTS:
            return CONSTANTS[found.name]
        otherwise = Unknown(
            f"{found.name} (imported from {origin})", f"{found.importer.label}:{found.statement.lineno}"
        )
        scope = self.imported(found.statement, found.importer)
        value = scope.get(found.name, otherwise)
        if isinstance(value, Imported):  # it is only handed on; two modules may hand a name on to each other
            scope[found.name] = otherwise
            value = scope[found.name] = self.resolve(value)
        return value

    def configured(self, found: Class) -> Section:
        """Return a class with what its constructor sets; the class itself if it has none."""
        if any(found.method(name) is not None for name in _CONSTRUCTORS):
            return self.instance(found)
        return found

    def instance(self, found: Class, values: Sequence[Any] = (), named: dict[str, Any] | None = None) -> Instance:
        """Return an object of a class.

        Args:
            found: the class.
            values: arguments without a name, for the class's fields in their order.
            named: arguments by name.
        """
        made = Instance(found.kind, partial=bool(found.missing))
        made.of = found
        made.take_from(copied(found, self.step))
        given = dict(zip(found.fields, values, strict=False)) | (named or {})
        constructor = found.method("__init__")
        if constructor is not None:
            self.run(constructor, [made, *values], named or {})
            return made
        for name, value in given.items():
            made.put(name, value, made.places.get(name, ""))
        after = found.method("__post_init__")
        if after is not None:
            self.run(after, [made], {})
        return made

    def run(
        self, function: Function, values: Sequence[Any], named: dict[str, Any], scope: Section | None = None
    ) -> Any:
        """Follow a function and return what it returns.

        Args:
            function: of this file or of one that it imports.
            values: arguments without a name.
            named: arguments by name.
            scope: where its local names go.
        """
        text = Unknown(f"{function.name}(…)")
        if function.node in self._running or len(self._running) >= _DEEPEST_CALL:
            return text
        self.calls.add(id(function.node))
        self._running.append(function.node)
        scope = Section() if scope is None else scope
        frame = _Frame(self, function.module, (scope, *function.scopes, function.module.scope), function.owner)
        try:
            frame.bind(function, values, named)
            if isinstance(function.node, ast.Lambda):
                return evaluate(function.node.body, frame)
            frame.follow(function.node.body)
            return frame.result
        finally:
            self._running.pop()

    def put(self, owner: Section | list[Any], name: Any, value: Any, place: str) -> None:
        """Set a value in a section or a list; under a condition that is not known, an unknown one."""
        self.touched[id(owner)] = owner
        if isinstance(owner, list):
            owner[name] = doubted(value, self.condition, self.step) if self.condition else value
            return
        if self.condition and not (name in owner and owner[name] is value):
            value = doubted(value, self.condition, self.step)
        owner.put(name, value, place)

    @contextmanager
    def doubt(self, node: ast.AST, condition: str) -> Any:
        """Take what is set meanwhile as unknown."""
        before = self.condition
        self.condition = before or f"only {condition}, line {getattr(node, 'lineno', '?')}"
        try:
            yield
        finally:
            self.condition = before


class _Frame:
    """The statements of a module, a class or a function, with their names."""

    def __init__(
        self, reader: _Reader, module: Module, scopes: tuple[Section, ...], owner: Class | None = None
    ) -> None:
        self._reader = reader
        self._module = module
        self._scopes = scopes
        self._owner = owner
        self.result: Any = None
        self._self: Any = None

    # What expressions need.

    def step(self) -> None:
        """Count a step."""
        self._reader.step()

    def place(self, node: ast.AST) -> str:
        """Return the file and the line of a node."""
        return f"{self._module.label}:{getattr(node, 'lineno', '?')}"

    def look_up(self, name: str) -> Any:
        """Return what a name stands for."""
        for scope in self._scopes:
            if name in scope:
                if isinstance(scope[name], Imported):
                    scope[name] = self._reader.resolve(scope[name])
                return scope[name]
        return Unknown(name)

    def each(self, loops: Sequence[ast.comprehension], then: Callable[[], None]) -> bool:
        """Do something for each turn of a comprehension's loops."""
        if not loops:
            then()
            return True
        first, *others = loops
        turns = _turns(evaluate(first.iter, self))
        if turns is None:
            return False
        inner = _Frame(self._reader, self._module, (Section(), *self._scopes), self._owner)
        for turn in turns:
            inner._bind_target(first.target, turn)
            tests = [evaluate(test, inner) for test in first.ifs]
            if not is_known(tests):
                return False
            self._scopes, before = inner._scopes, self._scopes
            try:
                if all(tests) and not self.each(others, then):
                    return False
            finally:
                self._scopes = before
        return True

    def call(self, node: ast.Call) -> Any:
        """Return what a call gives."""
        harmless = known_function(node.func)
        if harmless is not None and not node.keywords:
            return called(harmless, self._values(node))
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        special = _SPECIAL.get(name)
        if special is not None and (found := special(self, node)) is not NotImplemented:
            return found
        target = self._target(node.func)
        if isinstance(target, Class):
            made = self._reader.instance(target, self._values(node), dict(self._named(node)))
            for keyword in node.keywords:
                if keyword.arg is not None and keyword.arg in made:
                    made.places[keyword.arg] = self.place(keyword.value)
            return made
        if isinstance(target, Function):
            bound = self._bound(node.func, target)
            return self._reader.run(target, [*bound, *self._values(node)], dict(self._named(node)))
        return self._described(node, name)

    def _target(self, function: ast.expr) -> Any:
        """Return the class or function that is called; methods are looked for in the class of their object."""
        if isinstance(function, ast.Lambda):
            return Function(function, self._module, self._scopes[:-1])
        if isinstance(function, ast.Attribute):
            if _is_super(function.value):
                return self._owner.inherited_method(function.attr) if self._owner is not None else None
            owner = evaluate(function.value, self)
            kind = owner.of if isinstance(owner, Instance) else owner
            if isinstance(kind, Class) and function.attr not in kind:
                return kind.method(function.attr)
            return owner.get(function.attr) if isinstance(owner, Section) else None
        return evaluate(function, self)

    def _bound(self, function: ast.expr, target: Function) -> list[Any]:
        """Return the object that a method is called on, as its first argument."""
        if target.owner is None or not isinstance(function, ast.Attribute):
            return []
        if _is_super(function.value):
            return [self._self]
        owner = evaluate(function.value, self)
        return [owner] if isinstance(owner, Instance) else []

    def _described(self, node: ast.Call, name: str) -> Any:
        """Return a call of something unknown as a section with its arguments by name."""
        named = self._named(node)
        if not (named or (name[:1].isupper() and name.endswith(("Cfg", "Config")))):
            return unknown(node, self)
        section = Section(name, partial=named.partial or not named)
        for key, value in named.items():
            section.put(key, value, named.places[key])
        return section

    def _values(self, node: ast.Call) -> list[Any]:
        values: list[Any] = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                values += _turns(evaluate(argument.value, self)) or []
            else:
                values.append(evaluate(argument, self))
        return values

    def _named(self, node: ast.Call) -> Section:
        named = Section()
        for keyword in node.keywords:
            value = evaluate(keyword.value, self)
            if keyword.arg is not None:
                named.put(keyword.arg, value, self.place(keyword.value))
            elif isinstance(value, Section):
                named.take_from(value)
            else:
                named.partial = True
        return named

    # Special calls: each returns NotImplemented where the name means something else.

    def _make_dict(self, node: ast.Call) -> Any:
        if not isinstance(node.func, ast.Name):
            return NotImplemented
        section = Section()
        for value in self._values(node):
            if not isinstance(value, Section):
                return unknown(node, self)
            section.take_from(copied(value, self.step))
        section.take_from(self._named(node))
        return section

    def _field(self, node: ast.Call) -> Any:
        """`dataclasses.field`: its default, or what its factory makes."""
        for keyword in node.keywords:
            if keyword.arg == "default":
                return evaluate(keyword.value, self)
            if keyword.arg == "default_factory":
                return self.call(ast.copy_location(ast.Call(func=keyword.value, args=[], keywords=[]), node))
        return unknown(node, self)

    def _copy(self, node: ast.Call) -> Any:
        """`copy.deepcopy(x)`, `x.copy()`."""
        owner = node.args[0] if node.args else node.func.value if isinstance(node.func, ast.Attribute) else None
        return NotImplemented if owner is None else copied(evaluate(owner, self), self.step)

    def _replace(self, node: ast.Call) -> Any:
        """`cfg.replace(name=value)` and `dataclasses.replace(cfg, name=value)`."""
        owner = self._receiver(node) if not node.args else evaluate(node.args[0], self)
        if not isinstance(owner, Section):
            return NotImplemented
        made = copied(owner, self.step)
        made.take_from(self._named(node))
        return made

    def _get(self, node: ast.Call) -> Any:
        owner, values = self._receiver(node), self._values(node)
        if not isinstance(owner, Section) or not values:
            return NotImplemented
        if key_text(values[0]) in owner:
            return owner[key_text(values[0])]
        default = values[1] if len(values) > 1 else None
        return unknown(node, self) if owner.partial else default

    def _getattr(self, node: ast.Call) -> Any:
        values = self._values(node)
        if not isinstance(node.func, ast.Name) or len(values) < 2 or not isinstance(values[1], str):
            return NotImplemented
        owner = values[0]
        return owner[values[1]] if isinstance(owner, Section) and values[1] in owner else unknown(node, self)

    def _setattr(self, node: ast.Call) -> Any:
        if not isinstance(node.func, ast.Name) or len(node.args) != 3:
            return NotImplemented
        name = evaluate(node.args[1], self)
        owner = self._container(node.args[0])
        if isinstance(name, str) and isinstance(owner, Section):
            self._reader.put(owner, name, evaluate(node.args[2], self), self.place(node))
        return unknown(node, self)

    def _update(self, node: ast.Call) -> Any:
        owner = self._receiver(node)
        if not isinstance(owner, Section):
            return NotImplemented
        news = [value for value in self._values(node) if isinstance(value, Section)]
        for section in (*news, self._named(node)):
            for name, value in section.items():
                self._reader.put(owner, name, value, section.places.get(name) or self.place(node))
        return unknown(node, self)

    def _add(self, node: ast.Call) -> Any:
        """`list.append` and `list.extend`."""
        owner, values = self._receiver(node), self._values(node)
        if not isinstance(owner, list) or len(values) != 1 or not isinstance(node.func, ast.Attribute):
            return NotImplemented
        if self._reader.condition or len(owner) > _STEPS:
            owner[:] = [unknown(node, self)]
        else:
            owner += [values[0]] if node.func.attr == "append" else _turns(values[0]) or [unknown(node, self)]
        return unknown(node, self)

    def _disturb(self, node: ast.Call) -> Any:
        """Any other change of a list: nothing is known of it afterwards."""
        owner = self._receiver(node)
        if not isinstance(owner, list):
            return NotImplemented
        owner[:] = [unknown(node, self)]
        return unknown(node, self)

    def _entries(self, node: ast.Call) -> Any:
        owner = self._receiver(node)
        if not isinstance(owner, Section) or not isinstance(node.func, ast.Attribute) or owner.partial:
            return NotImplemented
        pairs = [[name, value] for name, value in owner.items()]
        column = {"items": None, "keys": 0, "values": 1}[node.func.attr]
        return pairs if column is None else [pair[column] for pair in pairs]

    def _receiver(self, node: ast.Call) -> Any:
        return evaluate(node.func.value, self) if isinstance(node.func, ast.Attribute) else None

    # Statements.

    def follow(self, statements: Sequence[ast.stmt]) -> bool:
        """Follow statements in order; return whether one of them has returned from the function."""
        for statement in statements:
            self.step()
            follow = _STATEMENTS.get(type(statement))
            if follow is not None and follow(self, statement):
                return True
        return False

    def bind(self, function: Function, values: Sequence[Any], named: dict[str, Any]) -> None:
        """Set the parameters of a function."""
        scope, arguments = self._scopes[0], function.node.args
        place = self.place(function.node)
        defaults = dict(zip(reversed(function.parameters), reversed(arguments.defaults), strict=False))
        defaults |= {
            key.arg: value for key, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value
        }
        given = dict(zip(function.parameters, values, strict=False)) | named
        for name in (*function.parameters, *(argument.arg for argument in arguments.kwonlyargs)):
            value = given.get(name, evaluate(defaults[name], self) if name in defaults else None)
            left_open = name not in given and value is None  # a default of None says that something else is meant
            scope.put(name, Unknown(name, place) if left_open else value, place)
        self._self = values[0] if values and function.owner is not None else None

    def _assign(self, statement: ast.Assign) -> bool:
        value = evaluate(statement.value, self)
        for target in statement.targets:
            self._bind_target(target, value)
        return False

    def _assign_annotated(self, statement: ast.AnnAssign) -> bool:
        scope = self._scopes[0]
        if isinstance(scope, Class) and isinstance(statement.target, ast.Name):
            scope.fields = [*(name for name in scope.fields if name != statement.target.id), statement.target.id]
        if statement.value is not None:
            self._bind_target(statement.target, evaluate(statement.value, self))
        return False

    def _assign_augmented(self, statement: ast.AugAssign) -> bool:
        before, by = evaluate(statement.target, self), evaluate(statement.value, self)
        otherwise = Unknown(f"{shown(before)} changed by {ast.unparse(statement.value)}", self.place(statement))
        self._bind_target(statement.target, combine(statement.op, before, by, otherwise))
        return False

    def _bind_target(self, target: ast.expr, value: Any) -> None:
        place = self.place(target)
        if isinstance(target, ast.Name):
            if self._scopes[0] is self._module.scope:
                self._note_own(target.id)
            self._reader.put(self._scopes[0], target.id, value, place)
        elif isinstance(target, ast.Attribute):
            self._note_changed(target)
            owner = self._container(target.value)
            if isinstance(owner, Section):
                self._reader.put(owner, target.attr, value, place)
        elif isinstance(target, ast.Subscript):
            self._note_changed(target)
            self._bind_subscript(target, value, place)
        elif isinstance(target, ast.Tuple | ast.List):
            values = value if isinstance(value, list) and len(value) == len(target.elts) else None
            for index, entry in enumerate(target.elts):
                inner = entry.value if isinstance(entry, ast.Starred) else entry
                text = Unknown(f"{ast.unparse(inner)} (of several)", place)
                self._bind_target(inner, values[index] if values and inner is entry else text)

    def _bind_subscript(self, target: ast.Subscript, value: Any, place: str) -> None:
        owner, key = self._container(target.value), evaluate(target.slice, self)
        if isinstance(owner, Section) and isinstance(key, str | int | float):
            self._reader.put(owner, key_text(key), value, place)
        elif isinstance(owner, list):
            if isinstance(key, int) and -len(owner) <= key < len(owner):
                self._reader.put(owner, key, value, place)
            else:
                owner[:] = [unknown(target, self)]

    def _container(self, node: ast.expr) -> Any:
        """Return the section or list that is assigned into; where nothing is known, a new partial section."""
        found = evaluate(node, self)
        if not isinstance(found, Unknown):
            return found
        made = Section(found.text.rpartition(".")[2] or found.text, partial=True)
        place = self.place(node)
        if found.home is not None:
            found.home[0].put(found.home[1], made, place)
        if isinstance(node, ast.Name):
            self._scopes[0].put(node.id, made, place)
            if self._scopes[0] is self._module.scope:
                self._note_own(node.id)
        elif isinstance(node, ast.Attribute | ast.Subscript) and found.home is None:
            owner = self._container(node.value)
            name = node.attr if isinstance(node, ast.Attribute) else evaluate(node.slice, self)
            if isinstance(owner, Section) and isinstance(name, str | int | float):
                owner.put(key_text(name), made, place)
        return made

    def _note_changed(self, target: ast.expr) -> None:
        """Count what a module changes as its own, even if it is imported."""
        while isinstance(target, ast.Attribute | ast.Subscript):
            target = target.value
        if isinstance(target, ast.Name) and self._scopes[0] is self._module.scope:
            self._note_own(target.id)

    def _note_own(self, name: str) -> None:
        self._module.own = [*(other for other in self._module.own if other != name), name]

    def _expression(self, statement: ast.Expr) -> bool:
        evaluate(statement.value, self)
        return False

    def _return(self, statement: ast.Return) -> bool:
        value = None if statement.value is None else evaluate(statement.value, self)
        if self._reader.condition:
            self.result = doubted(value, self._reader.condition, self.step)
            return False
        self.result = value if self.result is None else doubted(value, "one of several results", self.step)
        return True

    def _if(self, statement: ast.If) -> bool:
        text = ast.unparse(statement.test)
        test = True if text in _CERTAIN or text.endswith(".TYPE_CHECKING") else evaluate(statement.test, self)
        if is_known(test):
            return self.follow(statement.body if test else statement.orelse)
        with self._reader.doubt(statement, f"if {text[:80]}"):
            self.follow(statement.body)
            self.follow(statement.orelse)
        return False

    def _for(self, statement: ast.For | ast.AsyncFor) -> bool:
        turns = _turns(evaluate(statement.iter, self))
        leaves_early = any(isinstance(node, ast.Break | ast.Continue) for node in ast.walk(statement))
        if turns is None or leaves_early:
            text = ast.unparse(statement.iter)[:80]
            self._bind_target(statement.target, unknown(statement.iter, self))
            with self._reader.doubt(statement, f"in the loop over {text}"):
                self.follow(statement.body)
            return False
        for turn in turns:
            self._bind_target(statement.target, turn)
            if self.follow(statement.body):
                return True
        return self.follow(statement.orelse)

    def _while(self, statement: ast.While) -> bool:
        with self._reader.doubt(statement, f"while {ast.unparse(statement.test)[:80]}"):
            self.follow(statement.body)
        return False

    def _try(self, statement: ast.Try) -> bool:
        if self.follow(statement.body):
            return True
        with self._reader.doubt(statement, "if an exception is caught"):
            for handler in statement.handlers:
                self.follow(handler.body)
        return self.follow(statement.orelse) or self.follow(statement.finalbody)

    def _with(self, statement: ast.With | ast.AsyncWith) -> bool:
        for item in statement.items:
            if item.optional_vars is not None:
                self._bind_target(item.optional_vars, unknown(item.context_expr, self))
        return self.follow(statement.body)

    def _match(self, statement: ast.Match) -> bool:
        with self._reader.doubt(statement, f"in a case of {ast.unparse(statement.subject)[:80]}"):
            for case in statement.cases:
                self.follow(case.body)
        return False

    def _delete(self, statement: ast.Delete) -> bool:
        for target in statement.targets:
            owner = self._scopes[0] if isinstance(target, ast.Name) else None
            name = getattr(target, "id", None) or getattr(target, "attr", None)
            if isinstance(target, ast.Attribute | ast.Subscript):
                owner = evaluate(target.value, self)
            if isinstance(target, ast.Subscript):
                name = evaluate(target.slice, self)
            if isinstance(owner, Section) and isinstance(name, str | int | float):
                owner.pop(key_text(name), None)
        return False

    def _define_function(self, statement: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        scope = self._scopes[0]
        if isinstance(scope, Class):
            scope.methods[statement.name] = Function(statement, self._module, self._scopes[1:-1], scope)
        else:
            if scope is self._module.scope:
                self._note_own(statement.name)
            scope.put(statement.name, Function(statement, self._module, self._scopes[:-1]), self.place(statement))
        return False

    def _define_class(self, statement: ast.ClassDef) -> bool:
        made = Class(statement.name)
        for base in reversed(statement.bases):  # attributes of the first base take precedence
            found = evaluate(base, self)
            if isinstance(found, Class):
                made.take_from(found)
                made.bases.insert(0, found)
                made.missing += found.missing
                made.fields = [*(name for name in made.fields if name not in found.fields), *found.fields]
            elif isinstance(found, Unknown) and found.text not in _EMPTY_BASES:
                made.missing.append(found.text)
        made.partial = bool(made.missing)
        if self._scopes[0] is self._module.scope:
            self._note_own(statement.name)
        _Frame(self._reader, self._module, (made, *self._scopes)).follow(statement.body)
        self._scopes[0].put(statement.name, made, self.place(statement))
        return False

    def _import(self, statement: ast.ImportFrom) -> bool:
        for alias in statement.names:
            if alias.name == "*":
                self._scopes[0].take_from(self._reader.imported(statement, self._module))
            else:
                name = alias.asname or alias.name
                self._scopes[0].put(name, Imported(statement, alias.name, self._module), self.place(statement))
        return False


_EMPTY_BASES = frozenset({"object", "ABC", "Enum", "NamedTuple", "Protocol"})


def _module_file(statement: ast.ImportFrom, file: Path) -> Path | None:
    """Return the file of the imported module; None if it is not found in the folders above."""
    parts = (statement.module or "").split(".") if statement.module else []
    folders = list(file.parents)
    for folder in folders[statement.level - 1 : statement.level] if statement.level else folders:
        base = folder.joinpath(*parts)
        for candidate in (base.with_name(f"{base.name}.py") if parts else base / "__init__.py", base / "__init__.py"):
            if candidate.is_file() and candidate != file:
                return None if _is_of_another_package(candidate, file) else candidate
    return None


def _is_of_another_package(candidate: Path, file: Path) -> bool:
    """Say whether an import leads into another installed package, such as torch; these hold no configurations."""
    for installed in ("site-packages", "dist-packages"):
        if installed in candidate.parts:
            package = candidate.parts[: candidate.parts.index(installed) + 2]
            return file.parts[: len(package)] != package
    return False


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _turns(value: Any) -> list[Any] | None:
    """Return what a loop over a value goes through; None if that is not known."""
    if isinstance(value, Section) and not value.partial:
        return list(value)
    return list(value) if isinstance(value, list | str) else None


_SPECIAL: dict[str, Callable[[_Frame, ast.Call], Any]] = {
    "append": _Frame._add,
    "clear": _Frame._disturb,
    "copy": _Frame._copy,
    "deepcopy": _Frame._copy,
    "dict": _Frame._make_dict,
    "extend": _Frame._add,
    "field": _Frame._field,
    "get": _Frame._get,
    "getattr": _Frame._getattr,
    "insert": _Frame._disturb,
    "items": _Frame._entries,
    "keys": _Frame._entries,
    "pop": _Frame._disturb,
    "remove": _Frame._disturb,
    "replace": _Frame._replace,
    "reverse": _Frame._disturb,
    "setattr": _Frame._setattr,
    "sort": _Frame._disturb,
    "update": _Frame._update,
    "values": _Frame._entries,
}
_STATEMENTS: dict[type[ast.stmt], Callable[[_Frame, Any], bool]] = {
    ast.AnnAssign: _Frame._assign_annotated,
    ast.Assign: _Frame._assign,
    ast.AsyncFor: _Frame._for,
    ast.AsyncFunctionDef: _Frame._define_function,
    ast.AsyncWith: _Frame._with,
    ast.AugAssign: _Frame._assign_augmented,
    ast.ClassDef: _Frame._define_class,
    ast.Delete: _Frame._delete,
    ast.Expr: _Frame._expression,
    ast.For: _Frame._for,
    ast.FunctionDef: _Frame._define_function,
    ast.If: _Frame._if,
    ast.ImportFrom: _Frame._import,
    ast.Match: _Frame._match,
    ast.Return: _Frame._return,
    ast.Try: _Frame._try,
    ast.While: _Frame._while,
    ast.With: _Frame._with,
}
