"""Balance and imbalance of the session's auction, and its low-volume nodes."""
