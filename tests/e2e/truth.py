# SPDX-License-Identifier: Apache-2.0
"""Books as the simulator's --truth has them (docs/fakex.md)."""

import zlib


def digits(text):
    return text.rstrip("0").rstrip(".") if "." in text else text


def checksum(book):
    """Of the whole book as text, best levels first, prices and sizes without trailing zeros."""
    sides = (",".join(f"{digits(price)}:{digits(size)}" for price, size in book[side]) for side in ("bids", "asks"))
    return zlib.crc32("|".join(sides).encode())
