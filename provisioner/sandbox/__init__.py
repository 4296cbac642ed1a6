"""A stateful copy of the part of Stripe's API that Issuing needs; imports nothing else of provisioner."""
