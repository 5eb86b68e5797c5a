"""From what users have to what a program takes.

Start reading at `sources.py`: what is there as a whole, and what comes batch by batch. Whole data: `arrays.py` reads
them, `frames.py` knows tables of other libraries, `placed.py` makes dispatches of many steps. Batches: `iterated.py`
and `numbered.py` fetch them, on threads or processes (`workers.py`), `batches.py` reads and checks each, `stream.py`
makes dispatches of one step.
"""
