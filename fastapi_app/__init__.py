"""The service in FastAPI on uvicorn."""
