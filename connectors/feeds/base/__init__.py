"""What every feed shares: identity, items, publishing, checkpoints, errors."""
