"""The sample companies: *Harbour & Hill*, a wholesaler, and *Northgate Tea*.

Everything is drawn from one seed, keys included, so that two demos show the same and addresses stay
valid. Dates lie around the day of loading. Nobody in it is real; e-mail addresses end in
``.example`` and telephone numbers are from the ranges that are kept for stories.
"""
