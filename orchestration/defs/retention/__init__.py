"""What is forgotten after a while."""
