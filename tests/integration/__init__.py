"""Real processes, sockets, containers and a browser."""
