"""Strategies for requests of the contract, made from their descriptors."""

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

KNOWN = {
    "code": ["say a", "value 1", "fail", "die", ""],
    "cwd": ["/work", ""],
    "fallback_kernel_name": ["", "python3", "ir"],
    "kernel_id": ["k", "l", "m"],
    "kernel_name": ["python3", "python", "ir", "broken", "none"],
    "owner": ["", "default"],
    "page_token": [""],
    "path": ["a.ipynb", "b.ipynb", "c/d"],
    "path_prefix": ["", "a"],
    "request_id": ["", "1", "2"],
    "resource_name": ["logo-64x64.png"],
    "session_id": ["s", "t"],
    "type": ["notebook", "console"],
}
"""What makes sense in a field: most values are of these, so that requests get beyond the checks."""
MASKS = ["path", "name", "type", "labels", "kernel.kernel_id", "kernel.kernel_name"]

_letters = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_texts = st.one_of(
    _letters,
    st.builds(lambda text, times: text * times, _letters, st.integers(1, 500)),
    st.builds("{}\0{}".format, _letters, _letters),
)
_int32 = st.integers(-(2**31), 2**31 - 1)
_int64 = st.integers(-(2**63), 2**63 - 1)


def mostly(usual: st.SearchStrategy, unusual: st.SearchStrategy) -> st.SearchStrategy:
    """Many of the one for each of the other."""
    return st.integers(0, 39).flatmap(lambda dice: unusual if dice == 39 else usual)


_SCALARS: dict[int, st.SearchStrategy[object]] = {
    FieldDescriptor.TYPE_STRING: _texts,
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_BYTES: st.sampled_from([b"{}", b""]) | st.binary(max_size=50),
    FieldDescriptor.TYPE_INT32: mostly(st.integers(0, 2), _int32),
    FieldDescriptor.TYPE_INT64: mostly(st.integers(0, 2), _int64),
    FieldDescriptor.TYPE_ENUM: mostly(st.integers(1, 3), _int32),
}


def messages(descriptor: Descriptor, depth: int = 3) -> st.SearchStrategy[Message]:
    """Messages of a type: each field set or not, at most one of a oneof."""
    kind = GetMessageClass(descriptor)
    if kind is FieldMask:
        paths = mostly(st.sampled_from(MASKS), _texts)
        return st.builds(FieldMask, paths=st.lists(paths, min_size=1, max_size=3))
    alone = [f for f in descriptor.fields if _is_alone(f)]
    choices = [
        st.fixed_dictionaries({}) | st.one_of([_only(field, depth) for field in oneof.fields])
        for oneof in descriptor.oneofs
        if len(oneof.fields) > 1
    ]
    fields = st.fixed_dictionaries({}, optional={f.name: _values(f, depth) for f in alone})
    return st.tuples(fields, *choices).map(
        lambda parts: kind(**{name: value for part in parts for name, value in part.items()})
    )


def _is_alone(field: FieldDescriptor) -> bool:
    """Not one of several in a oneof; `optional` fields stand in one of their own."""
    return field.containing_oneof is None or len(field.containing_oneof.fields) == 1


def _only(field: FieldDescriptor, depth: int) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({field.name: _values(field, depth)})


def _values(field: FieldDescriptor, depth: int) -> st.SearchStrategy[object]:
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        key, value = field.message_type.fields
        usual = st.dictionaries(st.sampled_from("AB"), st.sampled_from("xy"), max_size=2)
        unusual = st.dictionaries(_values(key, depth), _values(value, depth), max_size=3)
        return mostly(usual, unusual)
    if field.message_type is not None:
        one = messages(field.message_type, depth - 1) if depth else st.none()
    elif field.name in KNOWN:
        one = mostly(st.sampled_from(KNOWN[field.name]), _texts)
    else:
        one = _SCALARS[field.type]
    return st.lists(one, max_size=3) if field.is_repeated else one
