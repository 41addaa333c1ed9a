"""The broker, as Celery and we see it."""
