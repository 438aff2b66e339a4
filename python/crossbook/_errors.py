# SPDX-License-Identifier: Apache-2.0
"""Errors: each is an Error of crossbook and one of Python's own kinds."""


class Error(Exception):
    """Any error of crossbook."""


class InputError(Error, ValueError):
    """A value that cannot be: the message names the argument and the value. Nothing was changed."""


class StateError(Error, RuntimeError):
    """Something outside the call is not as it must be."""


class StoreError(StateError):
    """The file of a store cannot be opened, read or written; the message names it and the way out."""


class CaptureError(StateError):
    """A recorded session cannot be opened or has nothing that was asked for."""


class ForkError(StateError):
    """An object with threads of its own was used in the child of a fork."""


for _error in (Error, InputError, StateError, StoreError, CaptureError, ForkError):
    _error.__module__ = "crossbook"
