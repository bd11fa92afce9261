"""What a network is: initializers, normalization, inputs, the experiment and its cost."""
