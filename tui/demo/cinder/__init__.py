"""Cinder 3 with the microversions up to 3.71: volumes, snapshots, attachments, types, quotas."""
