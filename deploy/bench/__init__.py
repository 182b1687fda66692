"""`casewire bench NAME`: what the product does in a second, beside what its parts could do at best, in the same run.

A bench is a module here with `main(data, *, json, quick)`; modules whose name begins with `_` are what benches share.
Every bench is bounded in work and time, uses loopback alone, and stops by itself. On a stack that runs already it
leaves behind an organisation named `Bench …` with what it wrote; else it measures a stack of its own and removes it.
"""
