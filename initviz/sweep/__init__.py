"""Many experiments: a grid, run by any executor, kept in a folder that grows."""
