"""
A stateful copy of the part of Stripe's API that Issuing needs. It imports no other package of
provisioner.
"""
