"""Errors of the infrastructure layer."""


class InfraError(Exception):
    """Root of everything `infra` raises; the message names the thing, the place and the remedy."""


class MisconfiguredInfra(InfraError):
    """A setting, path or version is wrong; the operator has to change it before starting again."""


class TransientInfra(InfraError):
    """A service did not answer in time; trying again may succeed."""
