"""Which site a page is about: a workshop's own; at the campus the one named in the address (`?site=`), else the first."""

from flask import request

from workshop.problems import Problem
from workshop.site import Site


def chosen_part(site: Site) -> str:
    """The part to read and write. Raises Problem("not_found", 404) for a site that this server does not hold."""
    if site.role == "workshop":
        return site.code
    parts = site.site_parts
    asked = request.values.get("site") or (parts[0] if parts else "")
    if asked not in parts:
        raise Problem("no_such_site" if parts else "no_sites_yet", 404)
    return asked
