"""The transition system: worlds, clocks, lifted steps and history variables."""
