"""The sub-commands of `wendang model`, a file each."""
