"""Octavia 2: load balancers, listeners, pools, members and health monitors."""
