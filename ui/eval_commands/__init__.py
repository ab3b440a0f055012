"""The sub-commands of `wendang eval`, a file each."""
