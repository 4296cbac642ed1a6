"""The part of Stripe's API that Issuing users need, embedded and stateful; imports nothing of ours."""
