"""Packets, smart-money events, hits, alerts, signals, order flow and market state: the newest."""

from fastapi import APIRouter

from api.routes import add_by_id
from api.routes import add_recent

router = APIRouter(tags=["flow"])

for _name in ("flow", "smart-money", "classifier-hits", "alerts"):
    add_recent(router, _name)
    add_by_id(router, _name)
for _name in ("signals", "order-flow", "market-state"):
    add_recent(router, _name)
