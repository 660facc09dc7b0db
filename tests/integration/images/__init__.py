"""What is in an image, how large it is and how it starts: `python -m tests.integration.images`."""
