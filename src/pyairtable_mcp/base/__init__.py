"""What every floor may use: errors, ids, clock, settings, log, text. Imports nothing of ours."""
