"""What the images and the compose file promise, on real containers; must not know the code inside."""
