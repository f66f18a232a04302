"""From the log to sockets: tail, rings, groups, frames, outboxes."""
