"""Proofs of what must always hold, at length: `script/prove [name ...]`. The test-suite runs a bounded part of each."""
