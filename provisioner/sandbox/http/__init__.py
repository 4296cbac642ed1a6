"""The sandbox on the wire: what lets requests in, serves them, and sends events out."""
