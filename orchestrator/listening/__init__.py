"""How others hear of events: in their process, and by webhooks."""
