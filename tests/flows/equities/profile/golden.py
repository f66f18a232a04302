"""The golden table of the equities specification, 17: rows of 0.05 from 100.00 upward."""

from typing import NamedTuple


class Golden(NamedTuple):
    volumes: tuple[int, ...]
    poc: float
    val: float
    vah: float
    area: int
    total: int
    mean_lvn: tuple[float, ...]
    mean_hvn: tuple[float, ...]
    lvn: tuple[float, ...]
    hvn: tuple[float, ...]


GOLDEN = {
    "sym": Golden(
        (10, 30, 60, 100, 60, 30, 10), 100.15, 100.10, 100.20, 220, 300,
        (100.00, 100.30), (100.15,), (), (100.15,),
    ),
    "skew": Golden(
        (50, 80, 20, 15, 200, 120, 40, 5), 100.20, 100.15, 100.30, 375, 530,
        (100.15, 100.35), (100.20, 100.25), (100.15,), (100.05, 100.20),
    ),
    "double": Golden(
        (20, 90, 150, 70, 8, 60, 140, 95, 15), 100.10, 100.00, 100.30, 538, 648,
        (100.00, 100.20, 100.40), (100.10, 100.30), (100.20,), (100.10, 100.30),
    ),
    "exact70": Golden(
        (15, 70, 10, 5), 100.05, 100.05, 100.05, 70, 100, (100.15,), (100.05,), (), (100.05,)
    ),
    "gap": Golden(
        (100, 0, 0, 0, 80), 100.00, 100.00, 100.20, 180, 180, (), (), (100.10,), (100.00, 100.20)
    ),
}  # fmt: skip


def price(place: int) -> float:
    return (10_000 + 5 * place) / 100
