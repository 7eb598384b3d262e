"""The errors of the Graph API as Meta words them (support/error-codes)."""

from collections.abc import Mapping
from typing import Any

from simulator.ids import new_trace_id

PERMISSION_DENIED = 10
INVALID_TOKEN = 190
INVALID_PARAMETER = 100
UNKNOWN_OBJECT = 33
UNKNOWN_PATH = 2500
MISSING_PARAMETER = 131008
BAD_VALUE = 131009
SENDER_IS_RECIPIENT = 131021
WINDOW_CLOSED = 131047
UNSUPPORTED_TYPE = 131051
TOO_BIG = 131052
MEDIA_UPLOAD = 131053
STOPPED_MARKETING = 131050
IN_MAINTENANCE = 131057
NEEDS_NUMBER = 131062

TITLES: Mapping[int, tuple[int, str]] = {
    0: (401, "AuthException"),
    1: (400, "API Unknown"),
    2: (503, "API Service"),
    3: (500, "API Method"),
    4: (400, "API Too Many Calls"),
    10: (403, "Permission Denied"),
    33: (400, "Parameter value is not valid"),
    100: (400, "Invalid parameter"),
    190: (401, "Access token has expired or is not valid"),
    200: (403, "API Permission"),
    368: (403, "Temporarily blocked for policies violations"),
    2500: (400, "Unknown path components"),
    80007: (400, "Rate limit issues"),
    130429: (400, "Rate limit hit"),
    130472: (400, "User's number is part of an experiment"),
    130497: (403, "Business account is restricted from messaging users in this country"),
    131000: (500, "Something went wrong"),
    131005: (403, "Access denied"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131016: (500, "Service unavailable"),
    131021: (400, "Recipient cannot be sender"),
    131026: (400, "Message undeliverable"),
    131030: (400, "Recipient phone number not in allowed list"),
    131031: (403, "Account has been locked"),
    131035: (400, "Webhook lost: no storage"),
    131036: (400, "Webhook retry lost: no storage"),
    131037: (400, "Display name approval is needed"),
    131042: (400, "Business eligibility payment issue"),
    131045: (500, "Incorrect certificate"),
    131047: (400, "Re-engagement message"),
    131048: (400, "Spam rate limit hit"),
    131049: (400, "Meta chose not to deliver"),
    131050: (400, "User has stopped marketing messages"),
    131051: (400, "Unsupported message type"),
    131052: (400, "Media download error"),
    131053: (400, "Media upload error"),
    131055: (400, "Method not allowed"),
    131056: (400, "Business account to consumer account pair rate limit hit"),
    131057: (500, "Business account is in maintenance mode"),
    131059: (400, "Stale paging cursor"),
    131062: (400, "Business-scoped user id cannot be used here"),
    131063: (400, "Marketing is switched off for Cloud API"),
    131064: (400, "Messaging limit reduced for template misclassification"),
    132000: (400, "Template parameter count mismatch"),
    132001: (404, "Template does not exist"),
    132005: (400, "Template hydrated text too long"),
    132007: (400, "Template format character policy violated"),
    132012: (400, "Template parameter format mismatch"),
    132015: (400, "Template is paused"),
    132016: (400, "Template is disabled"),
    132068: (400, "Flow is blocked"),
    132069: (400, "Flow is throttled"),
    133004: (503, "Server temporarily unavailable"),
    133010: (400, "Phone number not registered"),
    133016: (400, "Account register deregister rate limit exceeded"),
    134100: (400, "Only marketing messages are supported"),
    134101: (500, "Template is syncing"),
    134102: (500, "Template is unavailable for use"),
    135000: (400, "Generic user error"),
    137000: (400, "Identity key hash mismatch"),
}
"""Each code with its HTTP status and title."""


class GraphError(Exception):
    """A call that the platform refuses. `code` is one of `TITLES`; people read `details`."""

    def __init__(self, code: int, details: str) -> None:
        super().__init__(f"{code}: {details}")
        self.code = code
        self.details = details
        self.status, self.title = TITLES[code]

    def body(self) -> dict[str, Any]:
        """Return the JSON of the answer."""
        return {
            "error": {
                "message": f"(#{self.code}) {self.title}",
                "type": "OAuthException",
                "code": self.code,
                "error_data": {"messaging_product": "whatsapp", "details": self.details},
                "fbtrace_id": new_trace_id(),
            }
        }


class Unreached(Exception):
    """The call never reached the platform: whoever made it gets no answer of the Graph API."""


class AnswerLost(Exception):
    """The call was accepted, and the answer to it never arrives."""


def webhook_error(code: int, details: str) -> dict[str, Any]:
    """Return an error as webhooks carry it, in messages and in statuses."""
    title = TITLES[code][1]
    return {
        "code": code,
        "title": title,
        "message": title,
        "error_data": {"details": details},
        "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
    }
