"""Benchmarks: ratios against a floor that is measured in the same run (docs/testing.md)."""

import os

# With DEBUG Django keeps every statement's text, which takes time and memory that no installation spends.
os.environ["SPEAKOUT_DEBUG"] = "0"
