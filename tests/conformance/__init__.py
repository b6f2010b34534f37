"""What a fuzzing server would try, from tables of our own; each case is played by `driving.py`."""
