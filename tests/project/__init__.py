"""A second Django project: a shop. It is the specification of electric_sync's public API.

It knows nothing of the product, and the product nothing of it.
"""
