"""People and programs come in here: the command line, the page, the API. All use one Engine."""
