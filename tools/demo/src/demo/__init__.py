"""A person talks to the agent, and everything that follows is shown."""
