"""What people did, read off their curves: steps, jumps, repetitions, symmetry (docs/answers.md)."""
