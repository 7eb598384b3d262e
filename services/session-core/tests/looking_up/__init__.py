"""Looking up what happened, through the query API."""
