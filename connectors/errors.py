"""Errors of the connectors."""


class ConnectorError(Exception):
    """Root of everything `connectors` raises."""


class MisconfiguredConnector(ConnectorError):
    """An argument is wrong; the caller has to stop and correct it."""


class RejectedRecord(ConnectorError):
    """A record or row is bad for good; it belongs in the dead-letter topic."""


class TransientConnector(ConnectorError):
    """The other side is unreachable or busy; the caller may retry."""
