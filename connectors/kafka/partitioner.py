"""Which partition a key belongs to, as Java clients and `murmur2_random` decide."""

from typing import Final

_SEED: Final = 0x9747B28C
_MULTIPLIER: Final = 0x5BD1E995
_SHIFT: Final = 24
_MASK: Final = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """
    Return the 32-bit murmur2 hash with Kafka's seed.

    Examples
    --------
    >>> hex(murmur2(b"21"))
    '0xc5f2f8ec'
    """
    hashed = (_SEED ^ len(data)) & _MASK
    whole = len(data) & ~3
    for at in range(0, whole, 4):
        part = int.from_bytes(data[at : at + 4], "little") * _MULTIPLIER & _MASK
        part = (part ^ part >> _SHIFT) * _MULTIPLIER & _MASK
        hashed = (hashed * _MULTIPLIER & _MASK) ^ part
    tail = data[whole:]
    if tail:
        hashed = (hashed ^ int.from_bytes(tail, "little")) * _MULTIPLIER & _MASK
    hashed = (hashed ^ hashed >> 13) * _MULTIPLIER & _MASK
    return hashed ^ hashed >> 15


def partition_of(key: bytes, count: int) -> int:
    """
    Return the partition of a key among `count` partitions.

    Notes
    -----
    Source: Kafka's default partitioner for keyed records: positive murmur2 modulo the count.
    """
    return (murmur2(key) & 0x7FFFFFFF) % count


def partition_key(partition: int) -> str:
    """Return the key under which a partition's batches travel, the same in every flow."""
    return f"{partition:05d}"
