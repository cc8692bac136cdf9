"""What a model sees: tools, resources, prompts, and the text of every answer."""
