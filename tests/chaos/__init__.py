"""What an installation stands on breaks in turn while people use it: nothing confirmed is lost, nothing is done twice."""
