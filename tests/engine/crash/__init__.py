"""Real processes that are killed, stopped and taken over from, judged by what a served sandbox then holds."""
