"""Where moto answers otherwise than AWS, and Terraform or the front door would notice. Each was seen as a failed or a never-ending plan."""

import json
import os
import re
import sys
import threading
from functools import partial
from inspect import signature

from moto.apigateway.models import RestAPI
from moto.apigateway.responses import APIGatewayResponse
from moto.awslambda.models import LambdaFunction
from moto.budgets.responses import BudgetsResponse
from moto.core.responses import ActionResult, BaseResponse
from moto.ec2.models.instances import Instance
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.models.tags import TagBackend
from moto.ec2.responses.instances import InstanceResponse
from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.s3.responses import S3Response
from moto.ssm.models import SimpleSystemManagerBackend
from werkzeug.wrappers import Response

turn = threading.Lock()
answered = {}
EC2_ID = re.compile("[a-z]+-[0-9a-f]{8,17}")


def instead(owner, name):
    """Replaces a method by the decorated function, which gets the original as its first argument."""

    def decorate(replacement):
        original = getattr(owner, name)
        setattr(owner, name, lambda *given, **named: replacement(original, *given, **named))
        return replacement

    return decorate


@instead(DomainDispatcherApplication, "__call__")
def serve_one_at_a_time(serve, application, environ, start_response):
    """Moto is not safe for threads: of two stages made at once, one fails half done."""
    with turn:
        return answer(partial(serve, application), environ)(environ, start_response)


def answer(serve, environ):
    """A call that AWS's clients send again, since the answer got lost on a busy machine, gets the answer of the time before. AWS would
    carry it out twice, but loses no answer on the loopback interface."""
    call = environ.get("HTTP_AMZ_SDK_INVOCATION_ID")
    if environ["REQUEST_METHOD"] in ("GET", "HEAD") or call is None:
        return serve
    if not environ.get("HTTP_AMZ_SDK_REQUEST", "").startswith("attempt=1;"):
        print(f"sent again ({call in answered}): {environ['PATH_INFO']} {environ['HTTP_AMZ_SDK_REQUEST']}", file=sys.stderr)
        if call in answered:
            return answered[call]
    response = Response.from_app(serve, environ, buffered=True)
    if response.status_code < 500:
        answered[call] = response
        if len(answered) > 100:
            answered.pop(next(iter(answered)))
    return response


def write_down(request, action):
    """A line of JSON for whoever asked for it: who called what, with which parameters, and the tags of the EC2 resources that it names."""
    if "SEARCHGATE_EMULATOR_CALLS" not in os.environ:
        return
    given = {name: values[0] if isinstance(values, list) else values for name, values in request.querystring.items()}
    named = {value for value in given.values() if isinstance(value, str) and EC2_ID.fullmatch(value)}
    tags = request.ec2_backend.tags if request.service_name == "ec2" else {}
    call = {
        "who": request.get_access_key(),
        "service": request.service_name,
        "action": action,
        "method": request.method,
        "path": request.path,
        "given": given,
        "body": request.body if isinstance(request.body, str) else "",
        "tags": {each: dict(tags.get(each, {})) for each in sorted(named)},
    }
    with open(os.environ["SEARCHGATE_EMULATOR_CALLS"], "a") as calls:
        print(json.dumps(call, default=str), file=calls)


@instead(BaseResponse, "call_action")
def write_down_call(call, request):
    write_down(request, request._get_action())
    return call(request)


@instead(S3Response, "_authenticate_and_authorize_s3_action")
def write_down_storage_call(authorize, request, *given, **named):
    write_down(request, request._get_action_from_method_and_request_uri(request.normalized_request))
    return authorize(request, *given, **named)


@instead(IAMPolicyStatement, "is_action_permitted")
def judge_as_if_over_tls(judge, statement, *given, **named):
    """Moto reads a condition that it does not know as met. The loopback interface stands for TLS here."""
    condition = statement._statement.get("Condition", {})
    if str(condition.get("Bool", {}).get("aws:SecureTransport", "")).lower() == "false":
        return PermissionResult.NEUTRAL
    return judge(statement, *given, **named)


@instead(RestAPI, "to_dict")
def describe_with_escaped_policy(describe, api):
    """API Gateway returns an API's policy with its quotes escaped once more, and Terraform counts on it."""
    description = describe(api)
    if description["policy"]:
        description["policy"] = json.dumps(description["policy"])[1:-1]
    return description


@instead(APIGatewayResponse, "create_rest_api")
def create_with_binary_types(create, request):
    """Moto forgets the binary media types that an API is created with."""
    status, headers, body = create(request)
    types = request._get_param("binaryMediaTypes")
    if status != 200 or not types:
        return status, headers, body
    api = request.backend.get_rest_api(json.loads(body)["id"])
    api.binaryMediaTypes = types
    return status, headers, json.dumps(api.to_dict())


@instead(RestAPI, "apply_patch_operations")
def patch_binary_types(patch, api, operations):
    """A binary media type that is added or removed stands in the operation's path, with `~1` for a slash."""
    place = "/binaryMediaTypes/"
    for operation in operations:
        if not operation["path"].startswith(place):
            patch(api, [operation])
            continue
        media_type = operation["path"][len(place) :].replace("~1", "/").replace("~0", "~")
        kept = [each for each in api.binaryMediaTypes if each != media_type]
        api.binaryMediaTypes = kept + ([media_type] if operation["op"] == "add" else [])


@instead(LambdaFunction, "__init__")
def remember_logging(initialize, function, account_id, spec, *given, **named):
    """Moto knows no logging configuration of a function."""
    function.logging_config = spec.get("LoggingConfig")
    initialize(function, account_id, spec, *given, **named)


@instead(LambdaFunction, "update_configuration")
def update_logging(update, function, updates):
    function.logging_config = updates.get("LoggingConfig", function.logging_config)
    return update(function, updates)


@instead(LambdaFunction, "get_configuration")
def describe_logging(describe, function, *given, **named):
    configuration = describe(function, *given, **named)
    if function.logging_config:
        configuration["LoggingConfig"] = function.logging_config
    return configuration


@instead(InstanceResponse, "run_instances")
def remember_launch(run, request):
    """Moto says of every instance that its CPU credits are standard, knows no groups of one that is launched with an interface,
    and keeps that interface, and its address, when the instance ends."""
    result = run(request)
    for instance in result.result.instances:
        instance.nics[0].delete_on_termination = True
        instance.cpu_credits = request._get_param("CreditSpecification.CpuCredits") or "standard"
        instance.security_groups = instance.security_groups or list(instance.nics[0].group_set)
    return result


@instead(Instance, "stop")
def stop_by_and_by(stop, instance):
    """Moto's instances have stopped at once. One with this tag is stopping until the tag says that its machine is off, so that who stands for
    the machine can shut it down meanwhile."""
    before = stop(instance)
    if (machine_tag, "on") in [(tag["key"], tag["value"]) for tag in instance.get_tags()]:
        instance._state.name, instance._state.code = "stopping", 64
    return before


@instead(TagBackend, "create_tags")
def notice_machine_off(create, backend, resource_ids, tags):
    done = create(backend, resource_ids, tags)
    if tags.get(machine_tag) == "off":
        for instance in backend.get_multi_instances_by_id(resource_ids):
            if instance._state.name == "stopping":
                instance._state.name, instance._state.code = "stopped", 80
    return done


machine_tag = "emulator:machine"


@instead(InstanceResponse, "describe_instance_credit_specifications")
def describe_credits(_, request):
    instances = request.ec2_backend.describe_instance_credit_specifications(request._get_param("InstanceIds", []))
    return ActionResult(
        {"InstanceCreditSpecifications": [{"InstanceId": each.id, "CpuCredits": each.cpu_credits} for each in instances]}
    )


@instead(SecurityGroupRule, "__init__")
def remember_prefix_list(initialize, rule, *given, **named):
    """Moto forgets the description of a rule that names a prefix list."""
    initialize(rule, *given, **named)
    rule.prefix_list = signature(initialize).bind(rule, *given, **named).arguments.get("prefix_list_id") or {}


# A rule's description stands with what the rule names: addresses, a group, or a prefix list.
SecurityGroupRule.description = property(
    lambda rule: next(
        (named["Description"] for named in (rule.ip_range, rule.source_group, rule.prefix_list) if named.get("Description")), None
    )
)


@instead(SimpleSystemManagerBackend, "put_parameter")
def publish_image(put, backend, *given, **named):
    """Amazon points its parameters at newer images by and by. Moto's stay as they are, so here who writes one stands for Amazon."""
    wanted = signature(put).bind(backend, *given, **named).arguments
    if not wanted["name"].startswith("/aws/service/ami-amazon-linux-latest/"):
        return put(backend, *given, **named)
    parameter = backend.get_parameter(wanted["name"])
    parameter.value = wanted["value"]
    return parameter


@instead(BudgetsResponse, "create_budget")
def remember_tags(create, request):
    """Moto keeps no tags of a budget."""
    name = f'{request._get_param("AccountId")}:budget/{request._get_param("Budget")["BudgetName"]}'
    budget_tags[name] = request._get_param("ResourceTags", [])
    return create(request)


def describe_subscribers(request):
    """Moto keeps whom a budget tells, and has no answer to the question."""
    budget = request.backend.budgets[request._get_param("AccountId")][request._get_param("BudgetName")]
    asked = request._get_param("Notification")
    of_it = [each for each in budget.notifications if all(asked.get(key) == value for key, value in each.details.items())]
    return json.dumps({"Subscribers": [subscriber for each in of_it for subscriber in each.subscribers]})


budget_tags = {}
BudgetsResponse.describe_subscribers_for_notification = describe_subscribers
BudgetsResponse.list_tags_for_resource = lambda request: json.dumps(
    {"ResourceTags": budget_tags.get(request._get_param("ResourceARN").split("::", 1)[1], [])}
)
