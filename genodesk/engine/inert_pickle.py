"""An unpickler for which no name leads to code: classes and functions become empty stand-ins that hold state.

Tensors and arrays become notes of where their numbers lie. Knows neither torch nor numpy's own unpickling, and imports
neither. Source of the layouts: the pickle opcodes of the Python documentation and torch's serialization notes.
"""

import math
import pickle
from dataclasses import dataclass
from typing import IO, Any

from genodesk.engine.data.safetensors_header import ITEM_BYTES

# The dtypes of safetensors, and what torch's storages, torch's dtypes and numpy's type codes call them.
_NAMES = {
    "F64": "DoubleStorage float64 f8",
    "F32": "FloatStorage float32 f4",
    "F16": "HalfStorage float16 f2",
    "BF16": "BFloat16Storage bfloat16",
    "I64": "LongStorage int64 i8",
    "I32": "IntStorage int32 i4",
    "I16": "ShortStorage int16 i2",
    "I8": "CharStorage int8 i1",
    "U64": "u8",
    "U32": "u4",
    "U16": "u2",
    "U8": "ByteStorage UntypedStorage uint8 u1",
    "BOOL": "BoolStorage bool b1",
}
DTYPES = {name: dtype for dtype, names in _NAMES.items() for name in names.split()}


@dataclass(frozen=True)
class Storage:
    """A block of numbers in the file, by its key."""

    key: str
    dtype: str
    numbers: int


@dataclass(frozen=True)
class TensorNote:
    """A view of a storage (or of bytes that stood in the pickle): offset and strides counted in numbers."""

    source: Storage | bytes
    dtype: str
    shape: tuple[int, ...]
    offset: int
    strides: tuple[int, ...]

    @property
    def n_bytes(self) -> int:
        """Size of the tensor when its rows lie whole."""
        return math.prod(self.shape) * ITEM_BYTES[self.dtype]


class StandIn:
    """What every class and function of a pickle becomes: it keeps its arguments and its state and does nothing."""

    arguments: tuple[Any, ...]
    contents: dict[Any, Any]

    def __new__(cls, *arguments: Any, **named: Any) -> Any:
        made = object.__new__(cls)
        made.arguments = arguments
        made.contents = {**named}
        return made

    def __init__(self, *arguments: Any, **named: Any) -> None:
        """Nothing happens here, whatever was given."""

    def __setstate__(self, state: Any) -> None:
        parts = state if isinstance(state, tuple) else (state,)
        for part in parts:
            if isinstance(part, dict):
                self.contents.update(part)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return StandIn(*arguments, **named)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.contents[key] = value

    def append(self, value: Any) -> None:
        self.contents[len(self.contents)] = value

    def add(self, value: Any) -> None:
        self.append(value)


class _Mapping(dict[Any, Any]):
    """An OrderedDict or defaultdict of the pickle; attributes it was given are dropped."""

    def __init__(self, *arguments: Any) -> None:
        pairs = arguments[-1] if arguments and isinstance(arguments[-1], list | dict) else ()
        super().__init__(pairs)

    def __setstate__(self, state: Any) -> None:
        """Dropped: module versions and the like."""


class _RebuiltTensor(StandIn):
    def __new__(cls, storage: Any, offset: int, size: Any, stride: Any, *rest: Any) -> Any:
        dtype = storage.dtype
        for extra in rest:  # the third form names a dtype for its untyped storage
            if isinstance(extra, type) and extra.__name__ in DTYPES:
                dtype = DTYPES[extra.__name__]
        return TensorNote(storage, dtype, extents(size), extents((offset,))[0], extents(stride))


class _RebuiltParameter(StandIn):
    def __new__(cls, data: Any, *_: Any) -> Any:
        return data


class _RebuiltFromType(StandIn):
    def __new__(cls, function: Any, _kind: Any, arguments: Any, *_: Any) -> Any:
        if not (isinstance(function, type) and issubclass(function, StandIn)):
            raise ValueError("a tensor rebuilt by something unknown")
        return function(*arguments)


class _Size(StandIn):
    def __new__(cls, values: Any = (), *_: Any) -> Any:
        return tuple(values)


class _Bytes(StandIn):
    def __new__(cls, text: Any = "", *_: Any) -> Any:
        return text.encode("latin1") if isinstance(text, str) else b""


class _NumpyDtype(StandIn):
    code: str
    order: str

    def __new__(cls, code: Any = "", *_: Any) -> Any:
        made = super().__new__(cls)
        made.code, made.order = str(code).lstrip("<|="), "<"
        return made

    def __setstate__(self, state: Any) -> None:
        self.order = state[1]


class NumpyArray(StandIn):
    """An array; its note stands under `array` once its state has arrived."""

    def __setstate__(self, state: Any) -> None:
        _, shape, dtype, fortran, raw = state
        self.contents["array"] = _numpy_note(dtype, raw, extents(shape), fortran)


class _NumpyScalar(StandIn):
    def __new__(cls, dtype: Any, raw: Any = b"", *_: Any) -> Any:
        return _numpy_note(dtype, raw, (), False)


_KNOWN: dict[str, type] = {
    "collections.OrderedDict": _Mapping,
    "collections.defaultdict": _Mapping,
    "builtins.dict": _Mapping,
    "builtins.set": set,
    "builtins.frozenset": frozenset,
    "__builtin__.set": set,
    "torch.Size": _Size,
    "torch._utils._rebuild_tensor": _RebuiltTensor,
    "torch._utils._rebuild_tensor_v2": _RebuiltTensor,
    "torch._utils._rebuild_tensor_v3": _RebuiltTensor,
    "torch._utils._rebuild_parameter": _RebuiltParameter,
    "torch._utils._rebuild_parameter_with_state": _RebuiltParameter,
    "torch._tensor._rebuild_from_type_v2": _RebuiltFromType,
    "_codecs.encode": _Bytes,
    "numpy.dtype": _NumpyDtype,
    **{f"numpy.{core}.multiarray._reconstruct": NumpyArray for core in ("core", "_core")},
    **{f"numpy.{core}.multiarray.scalar": _NumpyScalar for core in ("core", "_core")},
}


class InertUnpickler(pickle.Unpickler):
    """An unpickler for which no name leads to code. `stand_ins` collects the names it did not know."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, encoding="latin1")
        self.stand_ins: dict[str, type] = {}

    def find_class(self, module: str, name: str) -> type:
        full = f"{module}.{name}"
        if full in _KNOWN:
            return _KNOWN[full]
        if full not in self.stand_ins:
            self.stand_ins[full] = type(name.rpartition(".")[2], (StandIn,), {})
        return self.stand_ins[full]

    def persistent_load(self, identity: Any) -> Storage:
        kind, storage, key, _, numbers = identity[:5]
        if kind != "storage" or storage.__name__ not in DTYPES:
            raise ValueError(f"a storage of unknown kind {getattr(storage, '__name__', storage)}")
        return Storage(str(key), DTYPES[storage.__name__], extents((numbers,))[0])


def extents(values: Any) -> tuple[int, ...]:
    """A shape or strides as whole numbers, none negative. Raises ValueError."""
    whole = tuple(values)
    if any(type(value) is not int or value < 0 for value in whole):
        raise ValueError("a shape that is not made of whole numbers")
    return whole


def row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of a tensor whose rows lie whole, counted in numbers."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def _numpy_note(dtype: Any, raw: Any, shape: tuple[int, ...], fortran: Any) -> TensorNote:
    if not isinstance(dtype, _NumpyDtype) or dtype.order == ">" or dtype.code not in DTYPES:
        raise ValueError("an array that does not hold plain numbers")
    content = raw.encode("latin1") if isinstance(raw, str) else bytes(raw)
    strides = tuple(reversed(row_major(tuple(reversed(shape))))) if fortran else row_major(shape)
    return TensorNote(content, DTYPES[dtype.code], shape, 0, strides)
