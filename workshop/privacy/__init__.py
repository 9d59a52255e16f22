"""Personal data: what is held about a person, handing it over, and erasing it."""
