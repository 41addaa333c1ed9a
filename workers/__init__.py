"""The four pools of the application, a module each, as Celery wants them."""
