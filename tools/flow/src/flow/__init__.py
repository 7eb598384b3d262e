"""What the author of a flow works with: check, play, test, draw, record and try out changes."""
