"""The words everything else is written in: weights, contexts, names, errors, the registry, policies, seeds.

May import: nothing of Plait. Start reading at `weight.py`, then `context.py`.
"""
