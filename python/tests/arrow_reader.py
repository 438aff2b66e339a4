# SPDX-License-Identifier: Apache-2.0
"""A reader of the Arrow C stream interface of its own, by ctypes: an oracle that needs no Arrow library."""

import ctypes as c


class Schema(c.Structure):
    pass


class Array(c.Structure):
    pass


class Stream(c.Structure):
    pass


Schema._fields_ = [
    ("format", c.c_char_p), ("name", c.c_char_p), ("metadata", c.c_char_p), ("flags", c.c_int64),
    ("n_children", c.c_int64), ("children", c.POINTER(c.POINTER(Schema))), ("dictionary", c.POINTER(Schema)),
    ("release", c.CFUNCTYPE(None, c.POINTER(Schema))), ("private_data", c.c_void_p)]
Array._fields_ = [
    ("length", c.c_int64), ("null_count", c.c_int64), ("offset", c.c_int64), ("n_buffers", c.c_int64),
    ("n_children", c.c_int64), ("buffers", c.POINTER(c.c_void_p)), ("children", c.POINTER(c.POINTER(Array))),
    ("dictionary", c.POINTER(Array)), ("release", c.CFUNCTYPE(None, c.POINTER(Array))), ("private_data", c.c_void_p)]
Stream._fields_ = [
    ("get_schema", c.CFUNCTYPE(c.c_int, c.POINTER(Stream), c.POINTER(Schema))),
    ("get_next", c.CFUNCTYPE(c.c_int, c.POINTER(Stream), c.POINTER(Array))),
    ("get_last_error", c.CFUNCTYPE(c.c_char_p, c.POINTER(Stream))),
    ("release", c.CFUNCTYPE(None, c.POINTER(Stream))), ("private_data", c.c_void_p)]

_TYPES = {b"tsn:UTC": c.c_int64, b"tDn": c.c_int64, b"l": c.c_int64, b"g": c.c_double, b"C": c.c_uint8, b"i": c.c_int32}


def _bit(address, i):
    return c.cast(address, c.POINTER(c.c_uint8))[i // 8] >> (i % 8) & 1


def _texts(array):
    offsets = c.cast(array.buffers[1], c.POINTER(c.c_int32))
    return [c.string_at(array.buffers[2] + offsets[i], offsets[i + 1] - offsets[i]).decode()
            for i in range(array.length)]


def _column(schema, array):
    assert array.offset == 0 and array.n_buffers == 2
    valid, values = array.buffers[0], array.buffers[1]
    if schema.format == b"b":
        column = [bool(_bit(values, i)) for i in range(array.length)]
    else:
        typed = c.cast(values, c.POINTER(_TYPES[schema.format]))
        column = [typed[i] for i in range(array.length)]
    if schema.dictionary:
        names = _texts(array.dictionary.contents)
        column = [names[code] if code >= 0 else None for code in column]
    present = [True] * array.length if not valid else [bool(_bit(valid, i)) for i in range(array.length)]
    assert array.null_count == present.count(False)
    return [value if there else None for value, there in zip(column, present)]


def read(table):
    """{column: values} of everything that the stream holds; None where Arrow says null."""
    capsule = table.__arrow_c_stream__()
    pointer_of = c.pythonapi.PyCapsule_GetPointer
    pointer_of.restype, pointer_of.argtypes = c.c_void_p, [c.py_object, c.c_char_p]
    stream = Stream.from_address(pointer_of(capsule, b"arrow_array_stream"))
    schema, columns = Schema(), {}
    assert stream.get_schema(c.byref(stream), c.byref(schema)) == 0
    assert schema.format == b"+s"
    fields = [schema.children[i].contents for i in range(schema.n_children)]
    columns = {field.name.decode(): [] for field in fields}
    while True:
        batch = Array()
        assert stream.get_next(c.byref(stream), c.byref(batch)) == 0
        if not batch.release:
            break
        assert batch.n_children == len(fields)
        for i, field in enumerate(fields):
            columns[field.name.decode()] += _column(field, batch.children[i].contents)
        batch.release(c.byref(batch))
    schema.release(c.byref(schema))
    stream.release(c.byref(stream))
    return columns
