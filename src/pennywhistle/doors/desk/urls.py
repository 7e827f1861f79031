"""The addresses of the desk, below `/desk/`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from pennywhistle.doors.desk import (
    bank,
    blocks,
    correcting,
    disputes,
    gateways,
    licences,
    listeners,
    money,
    payouts,
    prices,
    reports,
    tax,
    views,
    vouchers,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.overview, name="desk"),
    path("releases/", views.releases, name="desk-releases"),
    path("releases/<str:slug>/", views.release, name="desk-release"),
    path("releases/<str:slug>/publish/", views.publish, name="desk-publish"),
    path("releases/<str:slug>/correct/", correcting.correct, name="desk-correct"),
    path("releases/<str:slug>/prices/", prices.release_prices, name="desk-release-prices"),
    path("prices/", prices.prices, name="desk-prices"),
    path("prices/codes/", prices.make_code, name="desk-make-code"),
    path("prices/codes/end/", prices.end_code, name="desk-end-code"),
    path("licences/", licences.listing, name="desk-licences"),
    path("licences/grant/", licences.grant, name="desk-grant"),
    # A number may hold slashes.
    path("licences/<path:number>/end/", licences.end, name="desk-end"),
    path("blocks/", blocks.orders, name="desk-blocks"),
    path("blocks/lift/", blocks.lift, name="desk-lift-block"),
    path("licensors/<int:licensor_id>/", money.licensor, name="desk-licensor"),
    path("licensors/<int:licensor_id>/statement/", money.statement, name="desk-statement"),
    path(
        "licensors/<int:licensor_id>/proof/<int:statement_id>.json", money.proof, name="desk-proof"
    ),
    path("vouchers/", money.vouchers, name="desk-vouchers"),
    path("vouchers/sold/", vouchers.sold, name="desk-vouchers-sold"),
    path("vouchers/cards.pdf", vouchers.cards, name="desk-voucher-cards"),
    path("bank/", bank.account, name="desk-bank"),
    path("bank/import/", bank.take_in, name="desk-bank-import"),
    path("bank/<int:entry_id>/", bank.entry, name="desk-bank-entry"),
    path("payouts/", payouts.listing, name="desk-payouts"),
    path("payouts/terms/", payouts.terms, name="desk-payouts-terms"),
    path("payouts/make/", payouts.make_due, name="desk-payouts-make"),
    path("payouts/file/", payouts.make_file, name="desk-payouts-file"),
    path("payouts/<uuid:file_id>.xml", payouts.file, name="desk-payout-file"),
    path("listeners/", listeners.listeners, name="desk-listeners"),
    path("purchases/<int:purchase_id>/refund/", listeners.refund, name="desk-refund"),
    path("top-ups/<uuid:top_up_id>/pay-back/", listeners.pay_back, name="desk-pay-back"),
    path("reports/", reports.listing, name="desk-reports"),
    path("reports/<int:report_id>/", reports.report, name="desk-report"),
    path("disputes/", disputes.listing, name="desk-disputes"),
    path("disputes/<int:dispute_id>/forgive/", disputes.forgive, name="desk-forgive"),
    path("gateways/", gateways.gateways, name="desk-gateways"),
    path("gateways/try/", gateways.try_again, name="desk-gateways-try"),
    path("books/", money.books, name="desk-books"),
    path("taxes/", tax.taxes, name="desk-tax"),
    path("taxes/<slug:quarter>.csv", tax.file, name="desk-tax-file"),
]
