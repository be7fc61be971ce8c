"""The one training loop, its optimisers, checkpoints and samplers."""
