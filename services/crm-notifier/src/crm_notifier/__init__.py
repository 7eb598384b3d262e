"""TODO crm_notifier."""
