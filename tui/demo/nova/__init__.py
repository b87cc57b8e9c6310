"""Nova 2.1 with the microversions up to 2.104: servers, their actions, flavors, limits and the rest of compute."""
