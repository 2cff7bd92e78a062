"""Session files: sessions, headcounts and covers as a table that goes out and comes in.

`columns` says what each column holds, `parse` puts the lines of a file together into sessions, `diff` compares these with what is
stored, `notes` says what is worth a look, `importing` stores what is new, `exports` writes the same columns. Nothing else in
visits imports this room.
"""
