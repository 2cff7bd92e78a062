"""The page “From nothing to live” of docs/operations.md, followed word by word on a copy of this machine (.ci/page)."""
