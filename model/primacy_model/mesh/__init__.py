"""The mesh: agents that run core, a network, disks, and what is claimed of them."""
