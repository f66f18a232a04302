"""Who may ask what, how often, and with which words."""
