"""HTTP for the whole program: accepted addresses, proxies and certificates, and limits on responses."""
