"""What only the operating system explains: processes, signals, the lock of the machine."""
