"""How results are printed: tables, numbers, JSON, warnings, and the command to run next."""
