"""Other protocols to compare with: plain Raft, and the seed read literally."""
