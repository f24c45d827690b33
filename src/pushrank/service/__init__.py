"""The HTTP door: wire types, guard, routes and the BentoML shell. It holds no rule and no formula."""
