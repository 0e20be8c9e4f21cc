"""Plans: the list, a plan with its review, what is done with it, and how forms put into it what they ask for."""
