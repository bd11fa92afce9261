"""initviz: see why a neural network will or will not learn."""
