"""A network is trained from its own start: tasks, losses, optimizers, the trainer, its history, predicted limits."""
