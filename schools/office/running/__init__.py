"""How the installation runs, as pages: periodic jobs, processes in the background, mail that was stopped. And which jobs there are."""
