"""Faults and kills at every request of an apply, on the sandbox: does the next run put all right?"""
