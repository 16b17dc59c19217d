"""The SMT solver, and the symbols of the theory."""
