"""How far the exchange with the other side is, and an exchange at once. Thin; the files have their routes beside this."""

from flask import Response, request

from sync.errors import SyncError
from workshop.exchange import background
from workshop.exchange.common import CARRIERS, LOOKERS, bp, status_page
from workshop.problems import N_, Problem
from workshop.web import NavItem, current_site, lang_url, require, see_other

nav = [NavItem("exchange.status", N_("Exchange"), "sync", frozenset(LOOKERS))]

ANSWER_S_MAX, EXCHANGE_S_MAX = 8.0, 12.0  # together 20 s: a person is waiting


@bp.get("/exchange")
@require(*LOOKERS)
def status() -> Response:
    return status_page()


@bp.post("/exchange/now")
@require(*CARRIERS)
def now() -> Response:
    """Talk to one peer while the person waits; what is left goes on in the background."""
    site = current_site()
    known = [peer.address for peer in background.peers(site)]
    address = request.form.get("address", "")
    if address not in known:
        raise Problem("no_peer", 422)
    try:
        outcome = background.exchange_with(site, address, ANSWER_S_MAX, EXCHANGE_S_MAX)
    except SyncError as error:
        return status_page(Problem(error.code, 503, **error.data))
    return see_other(
        lang_url(
            "exchange.status",
            sent=outcome.sent,
            taken=outcome.taken,
            receipts=outcome.receipts,
            more=int(outcome.more) or None,
        )
    )


from workshop.exchange import files  # noqa: E402, F401 - its routes belong to this blueprint
