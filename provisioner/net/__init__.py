"""HTTP for all parts: which addresses are accepted, proxies and certificates, and limits on responses."""
