"""Whether two services are the same over the wire: one against the other, byte for byte."""
