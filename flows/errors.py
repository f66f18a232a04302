"""Errors of the dataflows."""


class FlowError(Exception):
    """Root of everything `flows` raises."""


class MisconfiguredFlow(FlowError):
    """A threshold or option is out of range; the message names it and what it takes."""


class RejectedEvent(FlowError):
    """An event breaks an invariant for good; it belongs in the dead-letter topic."""
