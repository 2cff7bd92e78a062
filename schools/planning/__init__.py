"""Questions about what comes next: who could take a morning. Plain values in, plain values out.

Lives here: joined-up questions over visits and volunteers. Not here: changing anything.
"""
