"""Notes what a test suite does, from inside its process: reassert puts this package on the suite's path.

It is never imported by reassert. It needs Python 3.8 and the standard library; ``plugin`` needs pytest 7.4.
"""
