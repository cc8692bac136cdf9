"""Tests of the durable part: the machine, the interpreter, its host."""
