"""The mesh in true time, with clocks that drift."""
