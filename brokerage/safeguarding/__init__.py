"""Safeguarding: what one authority knows about a provider reaches everybody who must know, with proof.

Roof: it asks every storey who lives where, and calls down when something must stop.
"""
