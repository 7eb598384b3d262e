"""What Salesforce takes and gives, written from its REST API guide and object reference."""

from typing import Any

KEY = {"type": "string", "pattern": r"^[0-9a-f-]{36}$"}
ID = {"type": "string", "pattern": r"^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$"}
NULL = {"type": "null"}

OBJECTS: dict[str, dict[str, Any]] = {
    "Contact": {
        "LastName": {"type": "string", "minLength": 1, "maxLength": 80},
        "MobilePhone": {"anyOf": [{"type": "string", "pattern": r"^\+[1-9][0-9]{6,14}$"}, NULL]},
        "Policy__c": {"anyOf": [{"type": "string", "maxLength": 40}, NULL]},
        "WhatsApp_Event_Id__c": KEY,
        "WhatsApp_Id__c": {"anyOf": [{"type": "string", "pattern": "^[0-9]{1,15}$"}, NULL]},
        "WhatsApp_User_Id__c": {"anyOf": [{"type": "string", "maxLength": 255}, NULL]},
        "WhatsApp_Name__c": {"anyOf": [{"type": "string", "maxLength": 255}, NULL]},
        "WhatsApp_Seen_At__c": {
            "type": "string",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$",
        },
        "WhatsApp_Opted_Out__c": {"type": "boolean"},
        "WhatsApp_Merged_Into__c": KEY,
        "WhatsApp_Erased__c": {"type": "boolean"},
    },
    "Case": {
        "Subject": {"type": "string", "maxLength": 255},
        "Description": {"type": "string", "maxLength": 32_000},
        "Origin": {"type": "string", "maxLength": 255},
        "Status": {"type": "string", "maxLength": 255},
        "OwnerId": ID,
        "ContactId": ID,
        "Amount__c": {"type": "string", "maxLength": 40},
        "WhatsApp_Event_Id__c": KEY,
    },
    "Task": {
        "Subject": {"type": "string", "maxLength": 255},
        "Description": {"type": "string", "maxLength": 32_000},
        "Status": {"type": "string", "maxLength": 255},
        "ActivityDate": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
        "WhoId": ID,
        "WhatId": ID,
    },
}
"""The fields that this organisation has, custom ones included; more than these it refuses."""

REQUIRED = {"Contact": ("LastName",), "Case": (), "Task": ()}
KEYS = {
    "Contact": "WhatsApp_Contact_Id__c",
    "Case": "WhatsApp_Session_Id__c",
    "Task": "WhatsApp_Event_Id__c",
}
PREFIXES = {"Contact": "003", "Case": "500", "Task": "00T"}

COMPOSITE_REQUEST: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["allOrNone", "collateSubrequests", "compositeRequest"],
    "properties": {
        "allOrNone": {"type": "boolean"},
        "collateSubrequests": {"const": False},
        "compositeRequest": {
            "type": "array",
            "minItems": 1,
            "maxItems": 25,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["method", "url", "referenceId"],
                "properties": {
                    "method": {"enum": ["GET", "PATCH", "DELETE", "POST"]},
                    "url": {"type": "string", "pattern": r"^/services/data/v67\.0/"},
                    "referenceId": {"type": "string", "pattern": "^[A-Za-z0-9_]+$"},
                    "body": {"type": "object"},
                },
            },
        },
    },
}
"""`collateSubrequests` may be left out, but then the order of what is written is not kept."""

COMPOSITE_ANSWER: dict[str, Any] = {
    "type": "object",
    "required": ["compositeResponse"],
    "properties": {
        "compositeResponse": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["body", "httpHeaders", "httpStatusCode", "referenceId"],
                "properties": {
                    "body": {},
                    "httpHeaders": {"type": "object"},
                    "httpStatusCode": {"type": "integer"},
                    "referenceId": {"type": "string"},
                },
            },
        }
    },
}
ERRORS: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["message", "errorCode"],
        "properties": {
            "message": {"type": "string"},
            "errorCode": {"type": "string", "pattern": "^[A-Z_]+$"},
            "fields": {"type": "array", "items": {"type": "string"}},
        },
    },
}
