"""The service in Flask on gunicorn."""
