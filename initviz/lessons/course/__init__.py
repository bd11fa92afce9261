"""One module a lesson, each with its `LESSON`; their names give the order."""
