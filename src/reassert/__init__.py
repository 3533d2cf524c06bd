"""reassert: turn unittest suites into pytest style, and prove that no test was lost."""

__version__ = "0.1.0"
