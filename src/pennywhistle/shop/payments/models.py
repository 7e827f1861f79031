"""The room's tables, each beside the rules that it serves."""

from pennywhistle.shop.payments.banking.models import (
    BankDecision,
    BankEntry,
    BankSlip,
    BankStatement,
)
from pennywhistle.shop.payments.codes.models import CodeTry, Gift, Voucher
from pennywhistle.shop.payments.gateways.models import (
    GatewayCircuit,
    GatewayCustomer,
    GatewayMessage,
    SavedCard,
)
from pennywhistle.shop.payments.going_back.models import Dispute, PayBack
from pennywhistle.shop.payments.top_ups.models import PaymentEvent, TopUp

__all__ = [
    "BankDecision",
    "BankEntry",
    "BankSlip",
    "BankStatement",
    "CodeTry",
    "Dispute",
    "GatewayCircuit",
    "GatewayCustomer",
    "GatewayMessage",
    "Gift",
    "PayBack",
    "PaymentEvent",
    "SavedCard",
    "TopUp",
    "Voucher",
]
