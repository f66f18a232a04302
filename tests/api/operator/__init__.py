"""Operator's documents, rules, webhooks, replays and the synthetic market behind the gateway."""
