"""What runs in the simulator's own interpreter: the standard library, NumPy and a backend, and nothing else of ours.

It is found by its file path and imported as the package `server_side`, so nothing has to be installed there. Python
3.10 and NumPy 1.24 are enough. `layout` and `messages` are also imported by our side, as they say what crosses.
"""
