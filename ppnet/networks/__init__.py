"""Network architectures: PPNet with its ablations, and the networks the paper compares it with."""
