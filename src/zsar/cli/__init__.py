"""The command line: `zsar COMMAND`."""
