"""The individual placement agreement and its signatures."""

from contracts.models.agreements import Agreement, Signature

__all__ = ["Agreement", "Signature"]
