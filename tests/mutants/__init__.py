"""Single faults put into the program on purpose, each with the tests that must notice it: `make mutants`."""
