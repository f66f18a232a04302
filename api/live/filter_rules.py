"""The filters of each stream."""

from collections.abc import Mapping
from typing import Final

from api.live import filter_parts as parts
from api.live.filter_parts import Condition
from api.live.filter_parts import Rule
from api.params import parse_boolean
from api.params import parse_choice
from api.params import parse_integer
from api.params import parse_number

_SOURCE_OF_EVIDENCE: Final = parts.source_in(
    parts.own_and_evidence,
    "arrayExists(each -> arrayExists(id -> position(concat(':', id, ':'),"
    " concat(':', each, ':')) > 0, arrayPushBack(evidence_refs.id, trace_id)),"
    " {values:Array(String)})",
)
_UNDERLYING: Final = parts.listed("underlying_id", "underlying_id IN {values:Array(String)}")
_SOURCE: Final = parts.listed("source", "source IN {values:Array(String)}")
_SIDE: Final = parts.listed("nbbo_side", "nbbo_side IN {values:Array(String)}", parts.SIDES)
_CONTRACT: Final = parts.listed(
    "option_contract_id", "option_contract_id IN {values:Array(String)}"
)
_OFF_EXCHANGE: Final = Rule(read=parse_boolean, condition=parts.off_exchange)
_INTERVAL: Final = Rule(
    read=lambda name, given: parse_integer(name, given, 1, 2**31 - 1),
    condition=lambda value: Condition(
        lambda record: record.interval_ms == value, "interval_ms = {value:Int64}", {"value": value}
    ),
)
_WINDOW: Final = parts.listed("window", "`window` IN {values:Array(String)}")
_CONFIDENCE: Final = parts.least("confidence", "confidence >= {bound:Float64}", 1)
_DIRECTION: Final = parts.listed(
    "direction", "direction IN {values:Array(String)}", parts.DIRECTIONS
)
_BASE: Final = {"underlying_ids": _UNDERLYING, "source": _SOURCE}

RULES: Final[Mapping[str, Mapping[str, Rule]]] = {
    "options": _BASE
    | {
        "view": Rule(
            read=lambda name, given: parse_choice(name, given, ("signal", "raw")),
            condition=parts.view,
            default="signal",
        ),
        "security": parts.security(
            "is_etf",
            "multiIf(underlying_id IN {indices:Array(String)}, 'index', is_etf, 'etf', 'stock')"
            " IN {values:Array(String)}",
        ),
        "side": _SIDE,
        "type": parts.listed(
            "right", "`right` IN {values:Array(String)}", tuple(parts.RIGHTS), stored=parts.RIGHTS
        ),
        "min_notional": parts.least("notional", "notional >= {bound:Float64}"),
        "max_notional": Rule(
            read=lambda name, given: parse_number(name, given, 0, parts.MAX_DOLLARS),
            condition=parts.most_notional,
        ),
        "min_size": parts.least("size", "size >= {bound:Float64}"),
        "dte_min": parts.least_days("dte_days"),
        "dte_max": parts.most_days("dte_days"),
        "conditions": Rule(read=parts.texts(()), condition=parts.conditions),
        "exchange": parts.listed("exchange", "exchange IN {values:Array(String)}"),
        "option_contract_id": _CONTRACT,
        "flow_packet_id": Rule(read=parts.texts(()), condition=parts.members),
    },
    "nbbo": _BASE | {"option_contract_id": _CONTRACT},
    "equities": _BASE
    | {
        "off_exchange": _OFF_EXCHANGE,
        "min_notional": Rule(
            read=lambda name, given: parse_number(name, given, 0, parts.MAX_DOLLARS),
            condition=parts.equity_notional,
        ),
        "min_size": parts.least("size", "size >= {bound:Float64}"),
    },
    "equity-quotes": _BASE,
    "equity-joins": _BASE | {"off_exchange": _OFF_EXCHANGE, "side": _SIDE},
    "equity-candles": _BASE | {"interval_ms": _INTERVAL},
    "flow": {
        "underlying_ids": _UNDERLYING,
        "source": parts.source_in(
            parts.own_and_first_member,
            "arrayExists(each -> arrayExists(id -> position(concat(':', id, ':'),"
            " concat(':', each, ':')) > 0, [trace_id, members[1]]), {values:Array(String)})",
        ),
        "security": parts.security(
            "features.is_etf",
            "multiIf(underlying_id IN {indices:Array(String)}, 'index', features.is_etf, 'etf',"
            " 'stock') IN {values:Array(String)}",
        ),
        "side": Rule(read=parts.texts(parts.SIDES), condition=parts.by_packet_side),
        "type": Rule(read=parts.texts(tuple(parts.RIGHTS)), condition=parts.packet_type),
        "min_notional": parts.least(
            "features.total_premium", "features.total_premium >= {bound:Float64}"
        ),
        "structure": Rule(read=parts.texts(()), condition=parts.structure),
        "dte_min": parts.least_days("features.dte_days"),
        "dte_max": parts.most_days("features.dte_days"),
    },
    "smart-money": {
        "underlying_ids": _UNDERLYING,
        "source": parts.source_in(
            parts.own_and_first_member,
            "arrayExists(each -> arrayExists(id -> position(concat(':', id, ':'),"
            " concat(':', each, ':')) > 0, [trace_id, member_print_ids[1]]),"
            " {values:Array(String)})",
        ),
        "profile": parts.listed(
            "primary_profile_id", "primary_profile_id IN {values:Array(String)}"
        ),
        "direction": parts.listed(
            "primary_direction", "primary_direction IN {values:Array(String)}", parts.DIRECTIONS
        ),
        "min_confidence": parts.least(
            "confidence.probability", "confidence.probability >= {bound:Float64}", 1
        ),
        "abstained": Rule(
            read=lambda name, given: parse_choice(name, given, ("include", "exclude", "only")),
            condition=parts.abstained,
            default="include",
        ),
        "min_notional": parts.least(
            "features.total_premium", "features.total_premium >= {bound:Float64}"
        ),
    },
    "classifier-hits": {
        "underlying_ids": _UNDERLYING,
        "source": _SOURCE_OF_EVIDENCE,
        "classifier": parts.listed("classifier_id", "classifier_id IN {values:Array(String)}"),
        "direction": _DIRECTION,
        "min_confidence": _CONFIDENCE,
    },
    "alerts": {
        "underlying_ids": _UNDERLYING,
        "source": _SOURCE_OF_EVIDENCE,
        "severity": parts.listed(
            "severity", "severity IN {values:Array(String)}", ("high", "medium", "low")
        ),
        "min_score": parts.least("score", "score >= {bound:Float64}", 100),
        "kind": parts.listed("kind", "kind IN {values:Array(String)}"),
        "profile": parts.listed(
            "primary_profile_id", "primary_profile_id IN {values:Array(String)}"
        ),
        "classifier": Rule(read=parts.texts(()), condition=parts.alert_classifier),
        "direction": _DIRECTION,
        "state": parts.listed(
            "state",
            "state IN {values:Array(String)}",
            ("open", "updated", "settled", "retracted"),
        ),
        "outcome": Rule(
            read=parts.texts(
                ("pending", "opened", "closed", "inconclusive", "not_applicable", "no_data")
            ),
            condition=parts.outcome,
        ),
    },
    # A bucket of premium sums the prints of every source, so it cannot be asked for one.
    "net-premium": {"underlying_ids": _UNDERLYING, "interval_ms": _INTERVAL},
    "inferred-dark": {
        "underlying_ids": _UNDERLYING,
        "source": _SOURCE_OF_EVIDENCE,
        "kind": parts.listed(
            "kind",
            "kind IN {values:Array(String)}",
            (
                *("absorbed_block", "stealth_accumulation", "distribution"),
                "hidden_liquidity_zone",
            ),
        ),
        "status": parts.listed(
            "status",
            "status IN {values:Array(String)}",
            ("provisional", "confirmed", "rejected", "withdrawn"),
        ),
        "min_confidence": _CONFIDENCE,
    },
    "equity-profile": _BASE | {"window": _WINDOW},
    "order-flow": _BASE | {"window": _WINDOW},
    "market-state": _BASE | {"window": _WINDOW},
    "signals": {
        "underlying_ids": _UNDERLYING,
        "source": _SOURCE_OF_EVIDENCE,
        "strategy": parts.listed("strategy", "strategy IN {values:Array(String)}"),
        "kind": parts.listed(
            "kind",
            "kind IN {values:Array(String)}",
            ("entry_long", "entry_short", "exit", "info"),
        ),
    },
}
