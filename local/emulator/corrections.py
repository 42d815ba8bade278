"""Where moto answers otherwise than AWS, and Terraform or the product would notice."""

import json

from moto.apigateway.models import RestAPI
from moto.iam.access_control import IAMPolicyStatement, PermissionResult

judge = IAMPolicyStatement.is_action_permitted
describe_api = RestAPI.to_dict


def judge_as_if_over_tls(statement, *arguments, **named):
    """The loopback interface stands for TLS here, so a statement about requests without TLS concerns none.

    Moto reads a condition that it does not know as one that is met.
    """
    condition = statement._statement.get("Condition", {})
    if str(condition.get("Bool", {}).get("aws:SecureTransport", "")).lower() == "false":
        return PermissionResult.NEUTRAL
    return judge(statement, *arguments, **named)


def describe_with_escaped_policy(api):
    """API Gateway returns an API's policy with its quotes escaped once more, and Terraform counts on it."""
    description = describe_api(api)
    policy = description[RestAPI.PROP_POLICY]
    if policy:
        description[RestAPI.PROP_POLICY] = json.dumps(policy)[1:-1]
    return description


def apply():
    IAMPolicyStatement.is_action_permitted = judge_as_if_over_tls
    RestAPI.to_dict = describe_with_escaped_policy
