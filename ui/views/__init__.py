"""The parts of the page, one view a file, each with a function `show`."""
