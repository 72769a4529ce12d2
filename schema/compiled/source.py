"""Python for a tree: functions that write an answer, and functions that gather what to load.

They handle values that are exactly what the schema says. With anything else they raise, and the
stock executor finds out what is to be said of it.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson

from schema.compiled.tree import Attribute, Choice, Items, Leaf, Object, Slot, Value

MEMO_MAX: Final = 2
MEMO_MAX_BYTES: Final = 4_096
_INT: Final = "({0} if {0}.__class__ is int and -2147483648 <= {0} <= 2147483647 else refuse())"
_TEXT: Final = "({0} if {0}.__class__ is str else refuse())"
_LEAVES: Final = {
    "String": _TEXT,
    "ID": _TEXT,
    "Int": _INT,
    "Boolean": "({0} if {0}.__class__ is bool else refuse())",
    "Float": "({0} if {0}.__class__ is float and {0} - {0} == 0.0 else refuse())",
}

Write = Callable[[Any, Any], Any]
Gather = Callable[[Any, list[set[int]]], None]


class SurpriseError(Exception):
    """A value is not what the schema says."""


def refuse() -> Any:
    """Leave it to the stock executor."""
    raise SurpriseError


def keep(memo: dict[Any, Any], key: Any, needs: Any, written: dict[str, Any]) -> orjson.Fragment:
    """Write an object, and remember how unless it is long; `needs` is what it was made of."""
    text = orjson.dumps(written)
    fragment = orjson.Fragment(text)
    if len(text) <= MEMO_MAX_BYTES:
        if len(memo) >= MEMO_MAX and key not in memo:
            memo.clear()
        memo[key] = (needs, fragment)
    return fragment


class Source:
    """The functions of one tree, as they grow."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = {"refuse": refuse, "keep": keep}
        self._lines: list[str] = []
        self._writers: dict[Object, str] = {}
        self._gatherers: dict[Object, str] = {}

    def write(self, value: Value) -> Write:
        """`(value, loaded)` to what `orjson` can write: the answer."""
        write: Write = self._function("o, L", f"return {self._value(value, 'o')}")
        return write

    def gather(self, value: Value) -> Gather:
        """`(value, keys)`: adds to each slot's set the keys that have to be loaded."""
        gather: Gather = self._function("o, K", *self._gathering(value, "o"), "return")
        return gather

    def _function(self, parameters: str, *body: str) -> Any:
        name = self._define("f", parameters, body)
        exec("\n".join(self._lines), self._names)  # noqa: S102 - it is made of names of our schema
        self._lines.clear()
        return self._names[name]

    def _define(self, prefix: str, parameters: str, body: Any) -> str:
        name = self._name(prefix)
        self._names[name] = None
        self._lines += [f"def {name}({parameters}):", *(f"    {line}" for line in body)]
        return name

    def _name(self, prefix: str, value: Any = None) -> str:
        name = f"{prefix}{len(self._names)}"
        self._names[name] = value
        return name

    def _value(self, value: Value, name: str) -> str:
        """Expression for the value that has that name."""
        match value.shape:
            case Leaf(type=type_):
                written = self._leaf(type_, name)
            case Items(item=item):
                each = self._name("i")
                written = (
                    f"([{self._value(item, each)} for {each} in {name}]"
                    f" if {name}.__class__ is list else refuse())"
                )
            case Object() as shape:
                written = f"{self._writer(shape)}({name}, L)"
            case Choice(objects=objects):
                by_class = {each.origin: each for each in objects}
                table = ", ".join(
                    f"{self._name('T', origin)}: {self._writer(each)}"
                    for origin, each in by_class.items()
                )
                written = f"{{{table}}}[{name}.__class__]({name}, L)"
        return f"(None if {name} is None else {written})" if value.is_nullable else written

    def _leaf(self, type_: Any, name: str) -> str:
        if type_.name in _LEAVES:
            return _LEAVES[type_.name].format(name)
        return f"{self._name('s', _coerced(type_.coerce_output_value))}({name})"

    def _writer(self, shape: Object) -> str:
        if shape not in self._writers:
            origin = self._name("T", shape.origin)
            body = [f"if o.__class__ is not {origin}: refuse()", *self._slots(shape)]
            fields = [self._field(shape, key) for key in shape.fields]
            pairs = ", ".join(f"{key!r}: {written}" for key, (_, written) in fields)
            reads = [read for _, (read, _) in fields if read]
            if shape.is_kept and _can_be_kept(shape):
                body += self._kept(shape, reads, pairs)
            else:
                body += [*reads, f"return {{{pairs}}}"]
            self._writers[shape] = self._define("w", "o, L", body)
        return self._writers[shape]

    def _field(self, shape: Object, key: str) -> tuple[str, tuple[str, str]]:
        """A field's key, the statement that reads it, and the expression for it."""
        match shape.fields[key]:
            case Attribute(name=attribute, value=value):
                local = self._name("v")
                return key, (f"{local} = o.{attribute}", self._value(value, local))
            case Slot(number=number, value=value):
                return key, ("", self._value(value, f"n{number}"))
        return key, ("", repr(shape.type_name))

    def _slots(self, shape: Object) -> Iterator[str]:
        for slot in shape.slots:
            yield f"n{slot.number} = L[{slot.number}][o.{slot.batched.key}]"

    def _kept(self, shape: Object, reads: list[str], pairs: str) -> Iterator[str]:
        """What an object was written as holds for the same values of all slots in it."""
        yield "memo = o.memo"
        yield f"key = ({self._name('k', object())}, {''.join(self._scalars(shape, 'o'))})"
        yield f"needs = ({''.join(self._objects(shape, 'o'))})"
        yield "found = memo.get(key)"
        yield "if found is not None and found[0] == needs: return found[1]"
        yield from reads
        yield f"return keep(memo, key, needs, {{{pairs}}})"

    def _scalars(self, shape: Object, owner: str) -> Iterator[str]:
        """Expressions for the loaded leaves in it, each with a comma."""
        for slot in shape.slots:
            loaded = _loaded(slot, owner)
            if isinstance(slot.value.shape, Object):
                yield from self._scalars(slot.value.shape, loaded)
            else:
                yield f"{loaded}, "

    def _objects(self, shape: Object, owner: str) -> Iterator[str]:
        """Expressions for the loaded objects in it, each with a comma."""
        for slot in shape.slots:
            if isinstance(slot.value.shape, Object):
                loaded = _loaded(slot, owner)
                yield f"{loaded}, "
                yield from self._objects(slot.value.shape, loaded)

    def _gathering(self, value: Value, name: str) -> Iterator[str]:
        """Statements that gather what the value of that name needs."""
        if not _needs_loading(value):
            return
        if value.is_nullable:
            yield f"if {name} is not None:"
            yield from (f"    {line}" for line in self._gathering_within(value, name))
        else:
            yield from self._gathering_within(value, name)

    def _gathering_within(self, value: Value, name: str) -> Iterator[str]:
        match value.shape:
            case Items(item=item):
                each = self._name("i")
                yield f"for {each} in {name}:"
                yield from (f"    {line}" for line in self._gathering(item, each))
            case Object() as shape:
                yield f"{self._gatherer(shape)}({name}, K)"
            case Choice(objects=objects):
                table = ", ".join(
                    f"{self._name('T', each.origin)}: {self._gatherer(each)}" for each in objects
                )
                yield f"{{{table}}}[{name}.__class__]({name}, K)"

    def _gatherer(self, shape: Object) -> str:
        if shape not in self._gatherers:
            self._gatherers[shape] = self._define("g", "o, K", [*self._gathered(shape), "return"])
        return self._gatherers[shape]

    def _gathered(self, shape: Object) -> Iterator[str]:
        for found in shape.fields.values():
            if isinstance(found, Slot):
                yield f"K[{found.number}].add(o.{found.batched.key})"
            elif isinstance(found, Attribute):
                yield from self._gathering(found.value, f"o.{found.name}")


def _loaded(slot: Slot, owner: str) -> str:
    """Expression for what a slot has for an object; the object's own are in names by then."""
    return f"n{slot.number}" if owner == "o" else f"L[{slot.number}][{owner}.{slot.batched.key}]"


def _needs_loading(value: Value) -> bool:
    match value.shape:
        case Items(item=item):
            return _needs_loading(item)
        case Object() as shape:
            return bool(shape.slots) or _has_loading_attributes(shape)
        case Choice(objects=objects):
            return any(each.slots or _has_loading_attributes(each) for each in objects)
    return False


def _has_loading_attributes(shape: Object) -> bool:
    attributes = (each for each in shape.fields.values() if isinstance(each, Attribute))
    return any(_needs_loading(each.value) for each in attributes)


def _can_be_kept(shape: Object) -> bool:
    """Whether all that is loaded for it hangs on slots of its own, and theirs, one object each."""
    inner = [slot.value.shape for slot in shape.slots]
    return not _has_loading_attributes(shape) and all(
        isinstance(each, Leaf) or (isinstance(each, Object) and _can_be_kept(each))
        for each in inner
    )


def _coerced(coerce: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def coerced(value: Any) -> Any:
        found = coerce(value)
        return refuse() if found is None else found

    return coerced
