"""What the operator keeps and controls: documents, alert rules, replays, the synthetic market."""
