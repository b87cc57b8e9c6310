"""SSH by asyncssh: hops, host keys, tunnels, commands, the server. The only importer of asyncssh (the demo apart)."""
