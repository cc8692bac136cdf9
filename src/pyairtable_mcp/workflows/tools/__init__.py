"""The use cases that look at workflows, save them and run them."""
