"""The remote endpoint: who may knock, how much they may send, and whose server answers."""
