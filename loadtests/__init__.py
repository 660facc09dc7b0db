"""Load on the two services, and the comparison made of it; knows them by URL and command line only."""
