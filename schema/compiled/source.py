"""Python for a tree: functions that write an answer, and functions that gather what to load.

They handle values that are exactly what the schema says. With anything else they raise, and the
stock executor finds out what is to be said of it.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from schema.compiled.runtime import coercing, keep, refuse
from schema.compiled.tree import Attribute, Choice, Items, Leaf, Object, Slot, Value

_INT: Final = "({0} if {1}.__class__ is int and -2147483648 <= {0} <= 2147483647 else refuse())"
_TEXT: Final = "({0} if {1}.__class__ is str else refuse())"
_LEAVES: Final = {
    "String": _TEXT,
    "ID": _TEXT,
    "Int": _INT,
    "Boolean": "({0} if {1}.__class__ is bool else refuse())",
    "Float": "({0} if {1}.__class__ is float and {0} - {0} == 0.0 else refuse())",
}

Write = Callable[[Any, Any], Any]
Gather = Callable[[Any, list[set[int]]], None]


class Source:
    """The functions of one tree, as they grow."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = {"refuse": refuse, "keep": keep}
        self._lines: list[str] = []
        self._writers: dict[Object, str] = {}

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
        # A client's own words are in it only as keys, which are names to GraphQL's grammar, quoted.
        exec("\n".join(self._lines), self._names)  # noqa: S102 - nobody else's code gets in
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

    def _value(self, value: Value, name: str, first: str = "") -> str:
        """Expression for the value that has that name.

        `first` gives it the name, and stands where the expression looks at it first.
        """
        first = first or name
        if value.is_nullable:
            return f"(None if {first} is None else {self._shape(value, name, name)})"
        return self._shape(value, name, first)

    def _shape(self, value: Value, name: str, first: str) -> str:
        match value.shape:
            case Leaf(type=type_):
                return self._leaf(type_, name, first)
            case Items(item=item):
                each = self._name("i")
                items = f"[{self._value(item, each)} for {each} in {name}]"
                return f"({items} if {first}.__class__ is list else refuse())"
            case Object() as shape:
                return self._object(shape, name, first)
            case Choice(objects=objects):
                writers = {each.origin: self._writer(each) for each in objects}
                table = ", ".join(f"{self._name('T', each)}: {w}" for each, w in writers.items())
                return f"{{{table}}}[{first}.__class__]({name}, L)"

    def _leaf(self, type_: Any, name: str, first: str) -> str:
        if type_.name in _LEAVES:
            return _LEAVES[type_.name].format(name, first)
        return f"{self._name('s', coercing(type_.coerce_output_value))}({first})"

    def _object(self, shape: Object, name: str, first: str) -> str:
        """Expression for an object; a call where there is more to it than its attributes."""
        if shape.is_kept or shape.slots:
            return f"{self._writer(shape)}({first}, L)"
        origin = self._name("T", shape.origin)
        return f"({{{self._pairs(shape, name)}}} if {first}.__class__ is {origin} else refuse())"

    def _writer(self, shape: Object) -> str:
        if shape not in self._writers:
            origin = self._name("T", shape.origin)
            body = [f"if o.__class__ is not {origin}: refuse()"]
            body += [f"n{slot.number} = {_loaded(slot, 'o')}" for slot in shape.slots]
            if shape.is_kept and _can_be_kept(shape):
                body += self._kept(shape)
            else:
                body += [f"return {{{self._pairs(shape, 'o')}}}"]
            self._writers[shape] = self._define("w", "o, L", body)
        return self._writers[shape]

    def _pairs(self, shape: Object, owner: str) -> str:
        """What stands between the braces of an object's dictionary."""
        return ", ".join(
            f"{key!r}: {self._field(shape, field, owner)}" for key, field in shape.fields.items()
        )

    def _field(self, shape: Object, field: Attribute | Slot | None, owner: str) -> str:
        match field:
            case Attribute(name=attribute, value=value):
                local = self._name("v")
                return self._value(value, local, f"({local} := {owner}.{attribute})")
            case Slot(number=number, value=value):
                return self._value(value, f"n{number}")
        return repr(shape.type_name)

    def _kept(self, shape: Object) -> Iterator[str]:
        """What an object was written as holds for the same values of all slots in it."""
        key = self._name("k", object())
        if scalars := "".join(self._scalars(shape)):
            key = f"({key}, {scalars})"
        objects = tuple(self._objects(shape))
        needs, same = f"({', '.join(objects)})", "is" if len(objects) == 1 else "=="
        yield "memo = o.memo"
        yield f"found = memo.get({key})"
        yield f"if found is not None and found[0] {same} {needs}: return found[1]"
        yield f"return keep(memo, {key}, {needs}, {{{self._pairs(shape, 'o')}}})"

    def _scalars(self, shape: Object, owner: str | None = None) -> Iterator[str]:
        """Expressions for the loaded leaves in an object, each with a comma."""
        for slot in shape.slots:
            loaded = _loaded(slot, owner) if owner else f"n{slot.number}"
            if isinstance(slot.value.shape, Object):
                yield from self._scalars(slot.value.shape, loaded)
            else:
                yield f"{loaded}, "

    def _objects(self, shape: Object, owner: str | None = None) -> Iterator[str]:
        """Expressions for the loaded objects in an object."""
        for slot in shape.slots:
            if isinstance(slot.value.shape, Object):
                loaded = _loaded(slot, owner) if owner else f"n{slot.number}"
                yield loaded
                yield from self._objects(slot.value.shape, loaded)

    def _gathering(self, value: Value, name: str) -> Iterator[str]:
        """Statements that gather what the value of that name needs."""
        if not _needs_loading(value):
            return
        within = self._gathering_within(value, name)
        if value.is_nullable:
            yield f"if {name} is not None:"
            within = (f"    {line}" for line in within)
        yield from within

    def _gathering_within(self, value: Value, name: str) -> Iterator[str]:
        match value.shape:
            case Items(item=item):
                each = self._name("i")
                yield f"for {each} in {name}:"
                yield from (f"    {line}" for line in self._gathering(item, each))
            case Object() as shape:
                yield from self._gathered(shape, name)
            case Choice(objects=objects):
                table = ", ".join(
                    f"{self._name('T', each.origin)}: {self._gatherer(each)}" for each in objects
                )
                yield f"{{{table}}}[{name}.__class__]({name}, K)"

    def _gatherer(self, shape: Object) -> str:
        return self._define("g", "o, K", [*self._gathered(shape, "o"), "return"])

    def _gathered(self, shape: Object, owner: str) -> Iterator[str]:
        for found in shape.fields.values():
            if isinstance(found, Slot):
                yield f"K[{found.number}].add({owner}.{found.batched.key})"
            elif isinstance(found, Attribute):
                yield from self._gathering(found.value, f"{owner}.{found.name}")


def _loaded(slot: Slot, owner: str) -> str:
    """Expression for what a slot has for an object."""
    return f"L[{slot.number}][{owner}.{slot.batched.key}]"


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
