"""How good and how quick it is: retrieval, answers with their citations and refusals, speed."""
