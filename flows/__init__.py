"""Dataflows: one package per deployable flow; pure analytics with Bytewax wiring in `flow.py`."""
