"""A year of the store, drawn from a seed: listeners, gateways, banks, licensors, kills, and a count
of its own of where every penny must be.

    python -m tests.simulation --seed 7 --steps 400
"""
