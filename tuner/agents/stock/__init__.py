"""SBX's agents as they are, with their seconds booked to a ledger."""
