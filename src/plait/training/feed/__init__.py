"""From what users have to what a program takes. Start reading at `arrays.py`: data in memory."""
