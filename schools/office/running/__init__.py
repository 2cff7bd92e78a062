"""How the installation runs, as pages, mail that was stopped, and which periodic jobs there are."""
