"""How `python -m flask_app` and `python -m fastapi_app` start, stop and fail."""
