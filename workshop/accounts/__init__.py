"""Sign-in, sessions, passwords and PINs. All of it is `local_`: it never leaves the site."""
