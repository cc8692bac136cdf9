"""What a person does at the command line with sagas: look at them, approve them, take them back."""
