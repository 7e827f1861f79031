"""The shop's addresses."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from pennywhistle.doors.storefront import (
    broken,
    browse,
    business,
    counter,
    giving,
    hearing,
    naming,
    owned,
    purse,
    receipts,
    sealed,
    topping,
    transfers,
    trouble,
    where,
)


class NameConverter(StringConverter):
    """The short name of an artist or a release, in any script. No control characters: PostgreSQL
    takes no NUL."""

    regex = r"[^/\x00-\x1f]+"


register_converter(NameConverter, "name")

app_name = "storefront"

urlpatterns = [
    path("", browse.home, name="home"),
    path("artist/<name:slug>/", browse.artist, name="artist"),
    path("release/<name:slug>/", browse.release, name="release"),
    path("search/", browse.search, name="search"),
    path("style/", browse.style, name="style"),
    path("basket/", counter.basket, name="basket"),
    path("basket/code/", naming.code, name="code"),
    path("currency/", naming.currency, name="currency"),
    path("basket/remove/", counter.remove, name="remove"),
    path("country/", where.country, name="country"),
    path("checkout/", counter.checkout, name="checkout"),
    path("checkout/<uuid:quote_id>/", counter.offer, name="offer"),
    path("buy/", counter.buy, name="buy"),
    path("business/", business.business, name="business"),
    path("receipt/<int:number>/", receipts.receipt, name="receipt"),
    path("receipt/<int:number>/<slug:name>.pdf", receipts.paper, name="paper"),
    path("receipt/<int:number>/proof.json", sealed.proof, name="proof"),
    path("books/seals/", sealed.seals, name="seals"),
    path("books/seals.json", sealed.seals_file, name="seals-file"),
    path("books/check_proof.py", sealed.checker, name="checker"),
    path("wallet/", purse.wallet, name="wallet"),
    path("wallet/settle/", purse.settle, name="settle"),
    path("wallet/redeem/", purse.redeem, name="redeem"),
    path("wallet/top-up/", topping.top_up, name="top-up"),
    path("wallet/card/", topping.hand_over, name="hand-over"),
    path("wallet/card/<int:card_id>/forget/", topping.forget, name="forget-card"),
    path("wallet/bank/", transfers.order, name="order-transfer"),
    path("wallet/bank/<uuid:slip_id>/", transfers.slip, name="slip"),
    path("gifts/", giving.gifts, name="gifts"),
    path("gifts/<uuid:gift_id>/", giving.gift, name="gift"),
    path("gifts/<uuid:gift_id>/card.pdf", giving.card, name="gift-card"),
    path("gifts/<uuid:gift_id>/take-back/", giving.take_back, name="take-back-gift"),
    path("wallet/answer/<uuid:top_up_id>/", topping.answer, name="answer"),
    path("library/", owned.library, name="library"),
    path("library/broken/<int:sale_line_id>/", broken.broken, name="broken"),
    path("download/<int:item_id>/", owned.download, name="download"),
    path("download/<int:release_id>/<slug:code>.zip", owned.album, name="album"),
    path("preview/<int:track_id>/", owned.preview, name="preview"),
    path("strokes/<int:track_id>.svg", owned.strokes, name="strokes"),
    path("hear/<int:track_id>/", hearing.hear, name="hear"),
    path("hear/<int:track_id>/<slug:code>/<slug:light>.png", hearing.spectrum, name="spectrum"),
    path("healthz", trouble.healthz, name="healthz"),
]
