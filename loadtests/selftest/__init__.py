"""The method tested on itself: a service against itself, and against itself made slower."""
