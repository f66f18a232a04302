"""What a run derived against what live, or another run, did."""
