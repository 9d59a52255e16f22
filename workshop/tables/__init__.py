"""Tables in and out: files of rows of text cells. Knows nothing of trainees, Flask or the database."""
