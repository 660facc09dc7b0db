"""The images: how they are built small, and what is in them; must not know the apps' code."""
