"""Models, properties and their exploration by reference; knows nothing of Raft."""
