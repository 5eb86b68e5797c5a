"""One file per way of doing the work; each has a class with the methods of `Subject`.

May import: `benchmarks.work`. Nothing here is imported before the process that measures it has started.
"""
