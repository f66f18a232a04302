"""References to records as typed strings, one to one with `EvidenceRef`; gateway spec, 6."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from api.problems import parameter_problem
from infra.evidence_kinds import KINDS
from infra.evidence_kinds import LEVEL
from infra.evidence_kinds import kind_of

MAX_LENGTH: Final = 512
# Kinds of the specification that nothing publishes yet: their references are read, and not found.
UNPUBLISHED: Final = ("news", "order")

_TYPED: Final[Mapping[str, str]] = MappingProxyType(
    {spec.ref: kind for kind, spec in KINDS.items() if spec.ref} | {"news:": "news"}
)
_OWN: Final[tuple[str, ...]] = (
    *(prefix for spec in KINDS.values() if not spec.ref for prefix in spec.prefixes),
    *("level:", "order:"),
)
FORMS: Final = (*_OWN, *_TYPED)


class Ref(msgspec.Struct, frozen=True, order=True):
    """
    What a reference names.

    Parameters
    ----------
    kind : str
        A name of `infra.evidence_kinds.KINDS`, `level`, or one of `UNPUBLISHED`.
    id : str
        The record's id.
    """

    kind: str
    id: str


def parse_ref(text: str, field: str = "ref") -> Ref:
    """
    Read a typed reference.

    Parameters
    ----------
    text : str
        E.g. `al:…`, `print:<trace id>`.
    field : str
        Parameter it came in, for the message.

    Raises
    ------
    Problem
        It has no type, no id, is too long, or is not printable.

    Examples
    --------
    >>> parse_ref("print:file-tos:0ef3:prints:1")
    Ref(kind='option_print', id='file-tos:0ef3:prints:1')
    >>> parse_ref("pk:VST-2025-06-20-175-C:file-tos:0ef3:prints:1").kind
    'flow_packet'
    """
    if len(text) > MAX_LENGTH or not text.isprintable():
        msg = f"expected at most {MAX_LENGTH} printable characters"
        raise parameter_problem(field, msg)
    # What carries its type itself comes first: no such id begins like a type put in front.
    for prefix in _OWN:
        if text.startswith(prefix) and len(text) > len(prefix):
            return Ref(_own_kind(text), text)
    for prefix, kind in _TYPED.items():
        if text.startswith(prefix) and len(text) > len(prefix):
            return Ref(kind, text[len(prefix) :])
    msg = f"{text[:80]!r} has no type; references begin with {', '.join(FORMS)}"
    raise parameter_problem(field, msg)


def _own_kind(text: str) -> str:
    if text.startswith("level:"):
        return LEVEL
    return "order" if text.startswith("order:") else kind_of(text)


def ref_of(kind: str, identifier: str) -> str:
    """
    Write the reference of a record.

    Examples
    --------
    >>> ref_of("order_flow", "orderflow:synthetic:AAPL:1000:5")
    'order-flow:orderflow:synthetic:AAPL:1000:5'
    """
    spec = KINDS.get(kind)
    if spec is not None:
        return f"{spec.ref}{identifier}"
    # A kind this version does not know is named all the same.
    return identifier if kind in {LEVEL, "order"} else f"{kind.replace('_', '-')}:{identifier}"
