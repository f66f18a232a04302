"""Start, watch and stop the processes that together are Islandflow on one machine."""
