"""Stands in for an OpenMetadata server in tests: keeps state, and takes only what the client's own classes take.

    .venv-catalog/bin/python integration_tests/catalog/double.py TOKEN ODCS-SCHEMA

Prints its address, and serves until its standard input ends. An ODCS document must hold by the standard's JSON Schema,
in the file ODCS-SCHEMA. What it refuses, and how, was read in the server's source: 401 without the token, 415 for
another type of body, 400 for a body that the client could not have made, for a name that is none, for a field that
nobody has, 404 for what is not there, 409 for what is there already. A bot's PUT leaves descriptions, owners and tags
as they are, descriptions lose what is active in them, a list has ten entries unless a limit is named, and fields that
are relations are told only when they are asked for.

Each rule beyond these names the class of the server's source that it is taken from, below
openmetadata-service/src/main/java/org/openmetadata/service. It has none of: search but for tables, reviewers and
drafts of terms, tasks and workflows (an incident is open or resolved, no more), versions and ETags, limits of a
subscription, rules that a new server has switched off, conditions in policies, columns within columns, inheritance but
from a schema to its tables.

`POST /double` sets {"fail": n, "how": "cut" | 503 | …} for the n-th call from now, for some `times` in a row and with
the header Retry-After if it is told so (`after`); `save` and `restore` keep a state by a name; `deny` takes the bot's
rights; `before` is a call {"method": …, "path": …, "body": …} that somebody else makes just before the next PATCH of a
table.
"""

import base64
import copy
import json
import re
import sys
import sysconfig
import threading
import time
import types
import uuid
from fnmatch import fnmatchcase as fnmatch
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

import jsonpatch
import jsonschema

for name in ("metadata", "metadata.ingestion", "metadata.ingestion.ometa"):
    # The package itself imports all of the client's tools, which takes ten seconds; its generated classes need none.
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [f"{sysconfig.get_paths()['purelib']}/{name.replace('.', '/')}"]

# ruff: noqa: E402
from metadata.generated.schema.api.data.restoreEntity import RestoreEntity
from metadata.generated.schema.api.tests.createTestCaseResolutionStatus import CreateTestCaseResolutionStatus
from metadata.generated.schema.api.tests.createTestCaseResult import CreateTestCaseResult
from metadata.generated.schema.entity.data.table import DataModel
from metadata.generated.schema.entity.datacontract.dataContractResult import DataContractResult
from metadata.generated.schema.entity.datacontract.odcs.odcsDataContract import ODCSDataContract
from metadata.generated.schema.entity.policies.accessControl.resourcePermission import ResourcePermission
from metadata.generated.schema.type.entityReference import EntityReference
from metadata.ingestion.ometa import routes
from odcs import columns_of, service_levels_of, status_of
from pydantic import BaseModel, ValidationError
from sanitizer import sanitized

VERSION = "2.0.6"
PARENTS = {
    "tags": ("classification", "classifications"),
    "glossaryTerms": ("glossary", "glossaries"),
    "databases": ("service", "services/databaseServices"),
    "databaseSchemas": ("database", "databases"),
    "tables": ("databaseSchema", "databaseSchemas"),
    "storedProcedures": ("databaseSchema", "databaseSchemas"),
}
"""Where a name is unique below a parent: the field of the body that names it, and where it is kept."""
RELATIONS = {
    "owners", "tags", "domains", "dataProducts", "testDefinition", "testSuite", "testSuites", "testCaseResult",
    "followers", "usageSummary", "lifeCycle", "extension", "reviewers", "incidentId",
}  # fmt: skip
ALWAYS = {"dataContracts": {"extension", "reviewers"}, "testCases": {"testDefinition"}}
HUMAN = ("description", "owners", "tags", "domains", "dataProducts", "displayName")
"""What a bot's PUT leaves as it is."""
RULES = {
    "Multiple Users or Single Team Ownership":
        "Validates that an entity has either multiple owners or a single team as the owner.",
    "Multiple Domains are not allowed":
        "By default, we only allow entities to be assigned to a single domain, except for Users and Teams.",
    "Data Product Domain Validation":
        "Validates that Data Products assigned to an entity match the entity's domains.",
}  # fmt: skip
"""resources/json/data/settings/entityRulesSettings.json: those that a new server has switched on."""
LINK = re.compile(r"<#E::table::(.+?)(?:::columns::(.+))?>")


def classes() -> dict[str, tuple[type[BaseModel] | None, type[BaseModel] | None]]:
    """By collection, the class of its entities and that of requests to make one."""
    found: dict[str, dict[bool, type[BaseModel]]] = {}
    for name, path in routes.ROUTES.items():
        found.setdefault(path.strip("/"), {})[name.startswith("Create")] = getattr(routes, name)
    return {path: (both.get(False), both.get(True)) for path, both in found.items()}


CLASSES = classes()


def included(entity: dict[str, Any], include: str) -> bool:
    """schema type/include: soft deletion is a mark, and names stay taken."""
    return include == "all" or bool(entity.get("deleted")) == (include == "deleted")


def identity(said: str) -> str:
    """util/ODCSConverter.fromODCS: an id that is a UUID is the data contract's own."""
    try:
        return str(uuid.UUID(said))
    except ValueError:
        return str(uuid.uuid4())


class Refusal(Exception):
    def __init__(self, status: int, message: str, after: str = "") -> None:
        self.status, self.message, self.after = status, message, after


def type_of(collection: str) -> str:
    entity = CLASSES[collection][0]
    assert entity is not None
    return entity.__name__[0].lower() + entity.__name__[1:]


def quoted(name: str) -> str:
    return f'"{name}"' if "." in name and not name.startswith('"') else name


def validated(model: type[BaseModel] | None, data: Any) -> dict[str, Any]:
    """The body, if the client's class takes it."""
    try:
        return (
            json.loads(model.model_validate(data).model_dump_json(by_alias=True, exclude_none=True)) if model else data
        )
    except ValidationError as error:
        first = error.errors()[0]
        raise Refusal(400, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


class Store:
    """The state, and what the server does to it. Entities by collection and id."""

    standard: ClassVar[dict[str, Any]] = {}

    def __init__(self) -> None:
        self.entities: dict[str, dict[str, dict[str, Any]]] = {}
        self.edges: dict[tuple[str, str], dict[str, Any]] = {}
        self.results: dict[str, list[dict[str, Any]]] = {}
        steps = [{"name": step, "description": step, "mandatory": True} for step in ("CheckAccess", "GetSchemas")]
        name = {"name": "Postgres", "fullyQualifiedName": "Postgres.testConnectionDefinition"}
        seed = {"id": str(uuid.uuid4()), "steps": steps, **name}
        self.all("services/testConnectionDefinitions")[seed["id"]] = seed

    def all(self, collection: str) -> dict[str, dict[str, Any]]:
        return self.entities.setdefault(collection, {})

    def named(self, collection: str, fqn: str, include: str = "non-deleted") -> dict[str, Any]:
        for entity in self.all(collection).values():
            if entity["fullyQualifiedName"] == fqn and included(entity, include):
                return entity
        raise Refusal(404, f"{type_of(collection)} instance for {fqn} not found")

    def by_id(self, collection: str, id_: str, include: str = "non-deleted") -> dict[str, Any]:
        entity = self.all(collection).get(id_)
        if entity is None or not included(entity, include):
            raise Refusal(404, f"{type_of(collection)} instance for {id_} not found")
        return entity

    def reference(self, entity: dict[str, Any], collection: str) -> dict[str, Any]:
        ref = {"id": entity["id"], "type": type_of(collection), "name": entity["name"],
               "fullyQualifiedName": entity["fullyQualifiedName"]}  # fmt: skip
        return validated(EntityReference, ref)

    def resolved(self, ref: dict[str, Any]) -> dict[str, Any]:
        collection = next(path for path in CLASSES if CLASSES[path][0] and type_of(path) == ref["type"])
        return self.reference(self.by_id(collection, str(ref["id"])), collection)

    def make(self, collection: str, data: Any, update: bool) -> tuple[int, dict[str, Any]]:
        body = validated(CLASSES[collection][1], data)
        entity = self.entity(collection, body)
        there = next(
            (e for e in self.all(collection).values() if e["fullyQualifiedName"] == entity["fullyQualifiedName"]), None
        )
        if collection == "glossaryTerms" and not update:
            self.refuse_twins(entity)
        if there and not update:  # deleted softly or not: exception/CatalogGenericExceptionMapper, a unique key
            raise Refusal(409, "Entity already exists")
        if there:
            kept = {key: there[key] for key in HUMAN if there.get(key)} | {"id": there["id"]}
            self.keep_columns(there, entity)
            entity |= kept
        self.check(collection, entity)
        self.obey_rules({}, entity)
        self.all(collection)[entity["id"]] = entity
        return (200 if there else 201), entity

    def refuse_twins(self, term: dict[str, Any]) -> None:
        """jdbi3/GlossaryTermRepository.checkDuplicateTerms: names of one glossary differ in more than case."""
        for other in self.all("glossaryTerms").values():
            alike = other["name"].lower() == term["name"].lower()
            if alike and other["glossary"]["id"] == term["glossary"]["id"] and not other.get("deleted"):
                said = f"A term with the name '{term['name']}' already exists in '{term['glossary']['name']}' glossary."
                raise Refusal(400, said)

    @staticmethod
    def keep_columns(there: dict[str, Any], entity: dict[str, Any]) -> None:
        known = {column["name"]: column for column in there.get("columns") or []}
        for column in entity.get("columns") or []:
            before = known.get(column["name"], {})
            column |= {key: before[key] for key in ("description", "tags") if before.get(key)}

    def entity(self, collection: str, body: dict[str, Any]) -> dict[str, Any]:
        entity = copy.deepcopy(body) | {"id": str(uuid.uuid4()), "version": 0.1, "updatedAt": int(time.time() * 1000)}
        name = quoted(body["name"])
        if collection == "dataQuality/testCases":
            return self.case(entity, name)
        if collection in PARENTS:
            key, holder = PARENTS[collection]
            parent = self.named(holder, body[key])
            entity[key] = self.reference(parent, holder)
            name = f"{parent['fullyQualifiedName']}.{name}"
            for above in ("service", "database"):
                if above in parent and isinstance(parent[above], dict):
                    entity[above] = parent[above]
        if collection.startswith("services/"):
            entity.setdefault("serviceType", body.get("serviceType"))
        for key, holder in (("domains", "domains"), ("dataProducts", "dataProducts")):
            if body.get(key):
                entity[key] = [self.reference(self.named(holder, fqn), holder) for fqn in body[key]]
        entity["fullyQualifiedName"] = name
        for column in entity.get("columns") or []:
            column["fullyQualifiedName"] = f"{name}.{quoted(column['name'])}"
        return entity

    def case(self, entity: dict[str, Any], name: str) -> dict[str, Any]:
        link = LINK.fullmatch(entity["entityLink"])
        if not link:
            raise Refusal(400, "entityLink is none")
        table = self.named("tables", link[1])
        columns = {column["name"] for column in table["columns"]}
        if link[2] and link[2] not in columns:
            raise Refusal(400, f"Invalid column name found in table {table['name']}: {link[2]}")
        definition = self.named("dataQuality/testDefinitions", entity["testDefinition"])
        if (definition["entityType"] == "COLUMN") != bool(link[2]):
            raise Refusal(400, "The test definition is for another type of entity")
        holder = f"{link[1]}.{link[2]}" if link[2] else link[1]  # resources/feeds/MessageParser.EntityLink: no quotes
        suite = {"id": table["id"], "type": "testSuite"}
        refs = {"testDefinition": self.reference(definition, "dataQuality/testDefinitions"), "testSuite": suite}
        return entity | refs | {"fullyQualifiedName": f"{holder}.{name}", "entityFQN": holder}

    def check(self, collection: str, entity: dict[str, Any]) -> None:
        """What the server makes sure of before it stores: jdbi3/EntityRepository.prepare of each type."""
        if entity.get("description"):
            entity["description"] = sanitized(entity["description"])
        for key in ("owners", "domains", "dataProducts"):
            if entity.get(key):
                entity[key] = [self.resolved(ref) for ref in entity[key]]
        self.labels(entity.get("tags"))
        for column in entity.get("columns") or []:
            if column.get("description"):
                column["description"] = sanitized(column["description"])
            self.labels(column.get("tags"))
        if collection == "dataContracts":
            self.fits_its_table(entity)
        told = {k: v for k, v in entity.items() if k != "testCaseResult"}
        validated(CLASSES[collection][0], told)

    def obey_rules(self, before: dict[str, Any], after: dict[str, Any]) -> None:
        """rules/RuleEngine.evaluateUpdate: what breaks a rule is refused, unless it mends one."""
        broken = self.broken_rules(after)
        if broken and len(broken) >= len(self.broken_rules(before)):
            raise Refusal(400, f"Rule [{broken[0]}] validation failed: Entity does not satisfy the rule. Rule context: "
                               f"{RULES[broken[0]]}")  # fmt: skip

    def broken_rules(self, entity: dict[str, Any]) -> list[str]:
        """rules/LogicOps; a data product without a domain matches none."""
        owners = [owner["type"] for owner in entity.get("owners") or []]
        domains = {domain["id"] for domain in entity.get("domains") or []}
        products = [self.by_id("dataProducts", ref["id"]) for ref in entity.get("dataProducts") or []]
        is_broken = (
            owners.count("team") > 1 or {"team", "user"} <= set(owners),
            len(domains) > 1,
            any(domains.isdisjoint(domain["id"] for domain in p.get("domains") or []) for p in products),
        )
        return [rule for rule, broken in zip(RULES, is_broken, strict=True) if broken]

    def labels(self, tags: list[dict[str, Any]] | None) -> None:
        """resources/tags/TagLabelUtil.checkMutuallyExclusive."""
        groups = []
        for label in tags or []:
            term = label["source"] == "Glossary"
            self.named("glossaryTerms" if term else "tags", label["tagFQN"])
            group = label["tagFQN"].rpartition(".")[0]
            if not term and self.named("classifications", group).get("mutuallyExclusive"):
                groups.append(group)
        if len(groups) > len(set(groups)):
            raise Refusal(400, "Tag labels are mutually exclusive and can't be assigned together")

    def fits_its_table(self, contract: dict[str, Any]) -> None:
        """jdbi3/DataContractRepository.validateSchemaFieldsAgainstEntity."""
        table = self.by_id("tables", contract["entity"]["id"])
        names = [column["name"] for column in contract.get("schema") or []]
        strange = sorted(set(names) - {column["name"] for column in table["columns"]})
        if strange:
            raise Refusal(400, "Schema validation failed. The following fields specified in the data contract do not "
                               f"exist in the table: {', '.join(strange)}")  # fmt: skip

    def import_odcs(self, data: Any, query: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """resources/data/DataContractResource.importFromODCS; one contract a table."""
        wrong = jsonschema.Draft201909Validator(self.standard).iter_errors(data)
        error = next(wrong, None)
        if error:  # the server reads more than the standard has; nobody ought to send it
            raise Refusal(400, f"Not ODCS: {error.json_path}: {error.message[:200]}")
        body = validated(ODCSDataContract, data)
        table = self.by_id("tables", query["entityId"])
        there = self.all("dataContracts").values()
        if any(c["entity"]["id"] == table["id"] and not c.get("deleted") for c in there):
            raise Refusal(400, f"A data contract already exists for entity 'table' with ID {table['id']}")
        owners = [self.owner(member["name"]) for member in body.get("team") or [] if member.get("role") == "owner"]
        contract = {
            "id": identity(body["id"]), "name": body["name"], "version": 0.1, "owners": owners,
            "fullyQualifiedName": f"{table['fullyQualifiedName']}.dataContract_{body['name']}",
            "description": (body.get("description") or {}).get("purpose"), "entityStatus": status_of(body["status"]),
            "entity": self.reference(table, "tables"), "schema": columns_of(body),
        }  # fmt: skip
        contract["owners"] = [owner for owner in owners if owner]
        taken = {c[key] for c in there for key in ("id", "fullyQualifiedName")}
        if taken & {contract["id"], contract["fullyQualifiedName"]}:
            raise Refusal(409, "Entity already exists")
        if body.get("slaProperties"):
            contract["sla"] = service_levels_of(body)
        self.check("dataContracts", contract)
        self.all("dataContracts")[contract["id"]] = contract
        return 201, contract

    def owner(self, name: str) -> dict[str, Any] | None:
        """util/ODCSConverter: a user of that name, else a team, else nobody."""
        for collection in ("users", "teams"):
            for entity in self.all(collection).values():
                if entity["name"] == name and not entity.get("deleted"):
                    return self.reference(entity, collection)
        return None

    def patch(self, collection: str, entity: dict[str, Any], operations: Any) -> dict[str, Any]:
        """jdbi3/EntityRepository.patch; restorePatchAttributes keeps what names an entity."""
        before = copy.deepcopy(entity)
        before.setdefault("tags", []), before.setdefault("owners", []), before.setdefault("domains", [])
        try:
            after = jsonpatch.apply_patch(before, operations)
        except jsonpatch.JsonPatchTestFailed as error:
            # JsonUtils.applyPatch throws what exception/CatalogGenericExceptionMapper does not name
            raise Refusal(500, f"An exception with message [{error}] was thrown while processing request.") from None
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
            raise Refusal(400, str(error)) from None
        if collection == "dataContracts":
            self.forget_unrecorded(entity, after)
        after = {key: value for key, value in after.items() if value != []}
        for key in ("id", "name", "fullyQualifiedName"):
            after[key] = entity[key]
        self.check(collection, after)
        self.obey_rules(entity, after)
        self.all(collection)[after["id"]] = after
        return after

    @staticmethod
    def forget_unrecorded(before: dict[str, Any], after: dict[str, Any]) -> None:
        """jdbi3/DataContractRepository.updateSchema, EntityUtil.columnMatch: of the schema, names and types alone are
        looked at; where no change is recorded, none is stored."""
        others = {key for key in before.keys() | after.keys() if (before.get(key) or []) != (after.get(key) or [])}
        kinds = [
            sorted((c["name"], c["dataType"]) for c in contract.get("schema") or []) for contract in (before, after)
        ]
        if others == {"schema"} and kinds[0] == kinds[1]:
            after["schema"] = before["schema"]

    def restore(self, collection: str, data: Any) -> dict[str, Any]:
        """jdbi3/EntityRepository.restoreEntity: what is not deleted is not found; with what is below it."""
        entity = self.by_id(collection, validated(RestoreEntity, data)["id"], include="deleted")
        for one in self.below(collection, entity):
            one.pop("deleted", None)
        return entity

    def below(self, collection: str, entity: dict[str, Any]) -> list[dict[str, Any]]:
        parts = {"classifications": "tags", "glossaries": "glossaryTerms"}.get(collection)
        inside = f"{entity['fullyQualifiedName']}."
        return [entity, *(e for e in self.all(parts or "").values() if e["fullyQualifiedName"].startswith(inside))]

    def remove(self, collection: str, entity: dict[str, Any], hard: bool = True) -> None:
        if not hard:
            for one in self.below(collection, entity):
                one["deleted"] = True
            return
        del self.all(collection)[entity["id"]]
        label = entity["fullyQualifiedName"]
        if collection in ("tags", "glossaryTerms"):
            for table in self.all("tables").values():
                for holder in (table, *table["columns"]):
                    holder["tags"] = [tag for tag in holder.get("tags") or [] if tag["tagFQN"] != label]
        self.results.pop(label, None)

    def searched(self, query: dict[str, str]) -> dict[str, Any]:
        """Tables by their qualified name, as the search engine answers: all that ingestion asks for."""
        pattern = query.get("fieldValue", "")
        found = [t for t in self.all("tables").values() if fnmatch(t["fullyQualifiedName"].lower(), pattern.lower())]
        hits = [{"_id": table["id"], "_source": table} for table in found[: int(query.get("size", 10))]]
        return {"hits": {"total": {"value": len(found)}, "hits": hits}}

    def bulk(self, collection: str, bodies: list[Any]) -> dict[str, Any]:
        """Each for itself, as ingestion sends them."""
        told: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
        for body in bodies:
            try:
                status, entity = self.make(collection, body, update=True)
                told[True].append({"request": entity["fullyQualifiedName"], "status": status})
            except Refusal as refusal:
                told[False].append({"request": body.get("name"), "status": refusal.status, "message": refusal.message})
        counts = {"numberOfRowsProcessed": len(bodies), "numberOfRowsPassed": len(told[True]),
                  "numberOfRowsFailed": len(told[False])}  # fmt: skip
        status = "failure" if not told[True] else "partialSuccess" if told[False] else "success"
        return {"status": status, **counts, "successRequest": told[True], "failedRequest": told[False]}

    def remove_stale(self, collection: str, body: dict[str, Any]) -> dict[str, Any]:
        """What ingestion did not see any more below a name."""
        gone = [
            entity for entity in self.all(collection).values()
            if entity["fullyQualifiedName"].startswith(f"{body['scopeFqn']}.")
            and entity["fullyQualifiedName"] not in body["seenFqns"]
        ]  # fmt: skip
        for entity in gone:
            self.remove(collection, entity)
        return {"status": "success", "numberOfRowsProcessed": len(gone), "numberOfRowsPassed": len(gone)}

    def add_result(self, fqn: str, data: Any) -> dict[str, Any]:
        """jdbi3/TestCaseResultRepository.addTestCaseResult: a plain insert, unique by case and instant; each failure
        has an incident, which no success ends unless the case says so."""
        case = self.named("dataQuality/testCases", fqn, include="all")
        result = validated(CreateTestCaseResult, data)
        if result["testCaseStatus"] == "Failed":  # also of one that is refused then
            result["incidentId"] = case.setdefault("incidentId", str(uuid.uuid4()))
        elif result["testCaseStatus"] == "Success" and case.get("autoCloseIncident"):
            case.pop("incidentId", None)
        self.insert(fqn, result)
        case["testCaseResult"] = self.results[fqn][-1]
        return result

    def insert(self, fqn: str, result: dict[str, Any]) -> None:
        """jdbi3/CollectionDAO: (entityFQNHash, extension, timestamp) is a unique key."""
        there = self.results.setdefault(fqn, [])
        if any(one["timestamp"] == result["timestamp"] for one in there):
            raise Refusal(409, "Entity already exists")
        there.append(result)
        there.sort(key=lambda one: int(one["timestamp"]))

    def remove_result(self, fqn: str, timestamp: str) -> None:
        """jdbi3/TestCaseResultRepository.deleteTestCaseResult."""
        case = self.named("dataQuality/testCases", fqn)
        there = self.results.get(fqn, [])
        kept = [one for one in there if str(one["timestamp"]) != timestamp]
        if len(kept) == len(there):
            raise Refusal(404, f"Failed to find testCase result for {case['name']} at {timestamp}")
        self.results[fqn] = kept
        case["testCaseResult"] = kept[-1] if kept else None

    def add_incident_state(self, data: Any) -> dict[str, Any]:
        """jdbi3/TestCaseResolutionStatusRepository.storeInternal: an incident that is resolved goes on no more."""
        state = validated(CreateTestCaseResolutionStatus, data)
        case = self.named("dataQuality/testCases", state["testCaseReference"])
        if state["testCaseResolutionStatusType"] == "Resolved":
            case.pop("incidentId", None)
        return state

    def add_contract_result(self, contract: dict[str, Any], data: Any) -> dict[str, Any]:
        """jdbi3/DataContractRepository.addContractResult: an id that is there is replaced, any other is a plain insert,
        as of test cases. The contract's own status follows a later instant, and the id that it shows, nothing else."""
        named = {"dataContractFQN": contract["fullyQualifiedName"], "id": data.get("id") or str(uuid.uuid4())}
        result = validated(DataContractResult, data | named)
        there = self.results.setdefault(contract["fullyQualifiedName"], [])
        stored = next((one for one in there if one["id"] == result["id"]), None)
        if stored is None:
            self.insert(contract["fullyQualifiedName"], result)
        else:
            stored |= result
        shown = contract.get("latestResult")
        if not shown or shown["timestamp"] < result["timestamp"] or shown["resultId"] == result["id"]:
            contract["latestResult"] = {
                "timestamp": result["timestamp"], "status": result["contractExecutionStatus"],
                "message": result.get("result", ""), "resultId": result["id"],
            }  # fmt: skip
        return result

    def derived(self, labels: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """resources/tags/TagLabelUtil.addDerivedTags: what a term bears, its bearer bears too."""
        terms = [label["tagFQN"] for label in labels if label["source"] == "Glossary"]
        below = [label for fqn in terms for label in self.named("glossaryTerms", fqn, "all").get("tags") or []]
        there = {label["tagFQN"] for label in labels}
        return labels + [label | {"labelType": "Derived"} for label in below if label["tagFQN"] not in there]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer: two wait for each other
    store = Store()
    saved: ClassVar[dict[str, Store]] = {}
    token = ""
    plan: ClassVar[dict[str, Any]] = {}
    denied = False
    before: ClassVar[list[dict[str, Any]]] = []
    calls: ClassVar[list[dict[str, Any]]] = []
    lock = threading.Lock()

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw, after = self.rfile.read(length), ""
        with self.lock:
            try:
                failure = self.failing()
                if failure == "cut":
                    self.close_connection = True
                    self.connection.shutdown(2)
                    return
                status, told = self.routed(raw)
                if failure == "lost":  # done, but nobody hears of it
                    self.close_connection = True
                    self.connection.shutdown(2)
                    return
            except Refusal as refusal:
                print(self.command, self.path, refusal.status, refusal.message, raw[:300], file=sys.stderr, flush=True)
                after = refusal.after
                status, told = refusal.status, {"code": refusal.status, "message": refusal.message}
        body = b"" if told is None else json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if after:
            self.send_header("Retry-After", after)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def failing(self) -> str | None:
        if not self.path.startswith("/api") or not self.plan:
            return None
        self.plan["fail"] -= 1
        times = self.plan.get("times", 1)
        if not -times < self.plan["fail"] <= 0:
            return None
        how = self.plan["how"]
        if isinstance(how, int):
            raise Refusal(how, "as it was told", self.plan.get("after", ""))
        return str(how)

    def routed(self, raw: bytes) -> tuple[int, Any]:
        parts = urlsplit(self.path)
        path = unquote(parts.path.removeprefix("/api/v1/")) if parts.path.startswith("/api/v1/") else parts.path
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        if parts.path == "/double":
            return self.told(json.loads(raw))
        self.calls.append({"method": self.command, "path": path, "query": query, "body": raw.decode()})
        if path == "system/version":
            return 200, {"version": VERSION, "revision": "double", "timestamp": 0}
        if self.headers.get("Authorization") != f"Bearer {self.token}":
            raise Refusal(401, "Expired token!")
        if self.denied and self.command != "GET":  # security/policyevaluator/PolicyEvaluator
            raise Refusal(
                403, f"Principal: CatalogPrincipal{{name='double-bot'}} operations [{self.command}] not allowed"
            )
        if self.command == "PATCH" and path.startswith("tables/") and self.before:
            other = self.before.pop()
            kept, self.command = self.command, other["method"]
            self.dispatched(other["path"], {}, other["body"])
            self.command = kept
        return self.dispatched(parts.path.removeprefix("/api/v1/"), query, self.parsed(raw))

    def told(self, order: dict[str, Any]) -> tuple[int, Any]:
        """An order of the tests."""
        kind = type(self)
        if "fail" in order:
            kind.plan = order
        if order.get("save"):
            kind.saved[order["save"]] = copy.deepcopy(kind.store)
        if order.get("restore"):
            kind.store, kind.plan, kind.denied, kind.before = copy.deepcopy(kind.saved[order["restore"]]), {}, False, []
        if "deny" in order:
            kind.denied = order["deny"]
        if "before" in order:
            kind.before = [order["before"]]
        if order.get("quiet"):
            kind.calls.clear()
        return 200, {"calls": kind.calls if order.get("calls") else len(kind.calls)}

    def parsed(self, raw: bytes) -> Any:
        if self.command not in ("POST", "PUT", "PATCH") and not raw:
            return None
        wanted = "application/json-patch+json" if self.command == "PATCH" else "application/json"
        if self.headers.get("Content-Type", "").partition(";")[0] != wanted:
            raise Refusal(415, "HTTP 415 Unsupported Media Type")
        try:
            return json.loads(raw) if raw else None
        except ValueError:
            raise Refusal(400, "Unable to process JSON") from None

    def dispatched(self, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if path.startswith("lineage"):
            return self.lineage(unquote(path).split("/")[1:], query, body)
        if path == "users/loggedInUser":
            return 200, {"id": str(uuid.uuid4()), "name": "double-bot", "isBot": True}
        if path.startswith("search/"):
            return 200, self.store.searched(query)
        if path == "permissions":
            return 200, self.permissions()
        if path == "dataContracts/odcs" and self.command == "POST":
            return self.store.import_odcs(body, query)
        if path.startswith("dataQuality/testCases/testCaseResults/"):
            rest = [unquote(part) for part in path.split("/")[3:]]
            if self.command == "POST" and len(rest) == 1:
                return 201, self.store.add_result(rest[0], body)
            if self.command == "DELETE" and len(rest) == 2:
                return 200, self.store.remove_result(*rest)
        if path == "dataQuality/testCases/testCaseIncidentStatus" and self.command == "POST":
            return 201, self.store.add_incident_state(body)
        collection = next((c for c in sorted(CLASSES, key=len, reverse=True) if (path + "/").startswith(c + "/")), None)
        if collection is None:
            raise Refusal(404, f"HTTP 404 Not Found: {path}")
        return self.collection(collection, [unquote(p) for p in path[len(collection) :].split("/")[1:]], query, body)

    def collection(self, name: str, rest: list[str], query: dict[str, str], body: Any) -> tuple[int, Any]:
        if not rest:
            if self.command == "GET":
                return 200, self.listed(name, query)
            if self.command in ("POST", "PUT") and CLASSES[name][1]:
                status, entity = self.store.make(name, body, update=self.command == "PUT")
                return status, entity
            raise Refusal(405, "HTTP 405 Method Not Allowed")
        if rest == ["bulk"] and self.command == "PUT":
            return 200, self.store.bulk(name, body)
        if rest == ["deleteStale"] and self.command == "DELETE":
            return 200, self.store.remove_stale(name, body)
        if rest == ["restore"] and self.command == "PUT":
            return 200, self.store.restore(name, body)
        by_name = rest[0] == "name" and len(rest) > 1
        include = "all" if self.command == "DELETE" else query.get("include", "non-deleted")
        entity = self.store.named(name, rest[1], include) if by_name else self.store.by_id(name, rest[0], include)
        if name == "dataContracts" and rest[1:2] == ["results"]:
            return self.contract_results(entity, rest[2:], body)
        if rest[1:] == ["dataModel"] and self.command == "PUT":
            entity["dataModel"] = validated(DataModel, body)
            return 200, entity
        if len(rest) > (2 if by_name else 1):
            raise Refusal(404, f"HTTP 404 Not Found: {name}/{'/'.join(rest)}")
        if self.command == "GET":
            return 200, self.shown(name, entity, query)
        if self.command == "PATCH":
            return 200, self.store.patch(name, entity, body)
        if self.command == "DELETE":
            self.store.remove(name, entity, hard=query.get("hardDelete") == "true")
            return 200, entity
        raise Refusal(405, "HTTP 405 Method Not Allowed")

    def contract_results(self, contract: dict[str, Any], rest: list[str], body: Any) -> tuple[int, Any]:
        """resources/data/DataContractResource; whoever deletes a result changes the contract's status by none."""
        there = self.store.results.setdefault(contract["fullyQualifiedName"], [])
        if self.command == "PUT" and not rest:
            return 200, self.store.add_contract_result(contract, body)
        if self.command == "GET" and not rest:
            return 200, {"data": there[::-1], "paging": {"total": len(there)}}
        if self.command == "DELETE" and len(rest) == 1:
            there[:] = [one for one in there if str(one["timestamp"]) != rest[0]]
            return 200, None
        raise Refusal(404, "HTTP 404 Not Found: dataContracts/results")

    def permissions(self) -> dict[str, Any]:
        """resources/permissions/PermissionsResource: all of them in one answer."""
        access = "notAllow" if self.denied else "allow"
        granted = [{"operation": name, "access": access} for name in ("Create", "EditAll", "Delete", "ViewAll")]
        told = [{"resource": type_of(name), "permissions": granted} for name in CLASSES if CLASSES[name][0]]
        return {"data": [validated(ResourcePermission, one) for one in told]}

    def shown(self, collection: str, entity: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
        fields = {field for field in query.get("fields", "").split(",") if field}
        known = {*CLASSES[collection][0].model_fields, "*", "schema"} | RELATIONS  # type: ignore[union-attr]
        if fields - known:
            raise Refusal(400, f"Invalid field name {sorted(fields - known)[0]}")
        hidden = set() if "*" in fields else RELATIONS - fields - ALWAYS.get(collection, set())
        told = {key: value for key, value in entity.items() if key not in hidden}
        if "tags" in hidden and "columns" in told:
            told["columns"] = [{k: v for k, v in column.items() if k != "tags"} for column in told["columns"]]
        if collection == "tables" and "tags" not in hidden:
            tagged = self.store.derived
            told |= {"tags": tagged(told.get("tags") or [])}
            told["columns"] = [column | {"tags": tagged(column.get("tags") or [])} for column in told["columns"]]
        if collection == "tables":  # jdbi3/EntityRepository.inheritOwners, inheritDomains
            above = self.store.by_id("databaseSchemas", entity["databaseSchema"]["id"])
            for key in {"owners", "domains"} - hidden - {key for key in told if told[key]}:
                told[key] = [ref | {"inherited": True} for ref in above.get(key) or []]
        return told

    def listed(self, collection: str, query: dict[str, str]) -> dict[str, Any]:
        filters = {
            "parent": lambda e, v: e["fullyQualifiedName"].startswith(f"{v}."),
            "glossary": lambda e, v: e["glossary"]["id"] == v,
            "service": lambda e, v: e["fullyQualifiedName"].startswith(f"{v}."),
            "database": lambda e, v: e["fullyQualifiedName"].startswith(f"{v}."),
            "databaseSchema": lambda e, v: e["fullyQualifiedName"].startswith(f"{v}."),
            "entity": lambda e, v: e["entity"]["id"] == v,
            "entityLink": lambda e, v: (e["entityFQN"] + ".").startswith(LINK.fullmatch(v)[1] + "."),
        }
        include = query.get("include", "non-deleted")
        found = [entity for entity in self.store.all(collection).values() if included(entity, include)]
        for key, value in query.items():
            if key in filters and found:
                found = [entity for entity in found if filters[key](entity, value)]
        start, limit = int(base64.b64decode(query.get("after", "MA==")).decode()), int(query.get("limit", 10))
        page = [self.shown(collection, entity, query) for entity in found[start : start + limit]]
        after = base64.b64encode(
            str(start + limit).encode()
        ).decode()  # of a name, on the server: nothing to count with
        more = {"after": after} if start + limit < len(found) else {}
        return {"data": page, "paging": {"total": len(found), **more}}

    def lineage(self, rest: list[str], query: dict[str, str], body: Any) -> tuple[int, Any]:
        edges = self.store.edges
        if self.command == "PUT" and not rest:
            edge = validated(routes.AddLineageRequest, body)["edge"]
            ends = [self.store.resolved(edge[key]) for key in ("fromEntity", "toEntity")]
            edges[ends[0]["id"], ends[1]["id"]] = edge.get("lineageDetails") or {}
            return 200, None
        if self.command == "GET" and rest[0] == "getLineageEdge":
            if (rest[1], rest[2]) not in edges:
                raise Refusal(404, "lineage edge not found")
            return 200, {"edge": edges[rest[1], rest[2]]}
        if self.command == "GET":
            by_name = rest[1] == "name"
            table = self.store.named("tables", rest[2]) if by_name else self.store.by_id("tables", rest[1])
            above = [
                {"fromEntity": a, "toEntity": b, "lineageDetails": details}
                for (a, b), details in edges.items() if b == table["id"] and query.get("upstreamDepth") != "0"
            ]  # fmt: skip
            return 200, {"entity": self.store.reference(table, "tables"), "nodes": [], "upstreamEdges": above,
                         "downstreamEdges": []}  # fmt: skip
        if self.command == "DELETE" and len(rest) == 4:
            if edges.pop((rest[1], rest[3]), None) is None:
                raise Refusal(404, "lineage edge not found")
            return 200, None
        raise Refusal(404, "HTTP 404 Not Found: lineage")


def main() -> None:
    Handler.token = sys.argv[1]
    Store.standard = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
