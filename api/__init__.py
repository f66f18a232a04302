"""The gateway: REST, WebSocket, the terminal and metrics from one origin."""
