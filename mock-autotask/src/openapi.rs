//! The supported part of the vendor's API as an `OpenAPI` document, written from the same tables that serve it.
//!
//! Property names are those on the wire. Everything the document does not have, the mock does not have either.

use serde_json::{Map, Value, json};

use crate::entities::{Definition, Entity, Field, Kind};

/// The document, for a server at this URL.
pub(crate) fn document(server: &str) -> Value {
    let mut paths = Map::new();
    let mut schemas = common_schemas();
    for (path, summary, schema) in [
        ("/V1.0/ZoneInformation", "The zone of a user", "ZoneInformation"),
        ("/VersionInformation", "The versions there are", "VersionInformation"),
    ] {
        let parameters = if schema == "ZoneInformation" {
            json!([{ "name": "user", "in": "query", "required": true, "schema": { "type": "string" } }])
        } else {
            json!([])
        };
        let mut get = operation(summary, schema);
        get["security"] = json!([]);
        get["parameters"] = parameters;
        paths.insert(path.to_owned(), json!({ "get": get }));
    }
    for (path, summary, schema) in [
        ("/V1.0/ThresholdInformation", "Requests of the hour", "ThresholdInformation"),
        ("/V1.0/Version", "The product's version", "Version"),
    ] {
        paths.insert(path.to_owned(), json!({ "get": operation(summary, schema) }));
    }
    for entity in Entity::ALL {
        add_entity(entity, &mut paths, &mut schemas);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "The part of the Autotask REST API that mock-autotask has",
            "version": "1.0",
            "description": "Refusals are status 500 with {\"errors\": [\"…\"]}; a path that is not here is answered \
                with 404 and a page, a method that is not here with 405.",
        },
        "servers": [{ "url": format!("{server}/ATServicesRest") }],
        "security": [{ "user": [], "secret": [], "code": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "user": { "type": "apiKey", "in": "header", "name": "UserName" },
                "secret": { "type": "apiKey", "in": "header", "name": "Secret" },
                "code": { "type": "apiKey", "in": "header", "name": "ApiIntegrationCode" },
            },
            "schemas": schemas,
        },
    })
}

fn add_entity(entity: Entity, paths: &mut Map<String, Value>, schemas: &mut Map<String, Value>) {
    let definition = entity.definition();
    let Definition { path, name, can_create, can_update, can_delete, parent, .. } = definition;
    schemas.insert((*name).to_owned(), schema(definition));
    schemas.insert(format!("{name}Item"), json!({ "properties": { "item": nullable(name) } }));
    schemas.insert(
        format!("{name}Page"),
        json!({ "properties": {
            "items": { "type": "array", "items": reference(name) },
            "pageDetails": reference("PageDetails"),
        }}),
    );
    let root = format!("/V1.0/{path}");
    add_metadata(&root, name, paths);
    for (suffix, answer) in
        [("/query", format!("{name}Page")), ("/query/count", "QueryCount".to_owned())]
    {
        let mut get = operation(&format!("Query {path}"), &answer);
        get["parameters"] = json!([{
            "name": "search", "in": "query", "required": true, "description": "a Query as JSON",
            "schema": { "type": "string" },
        }]);
        let post = with_body(operation(&format!("Query {path}"), &answer), "Query");
        paths.insert(format!("{root}{suffix}"), json!({ "get": get, "post": post }));
    }
    let item = operation(&format!("One of the {path}"), &format!("{name}Item"));
    paths.insert(format!("{root}/{{id}}"), json!({ "get": item, "parameters": [id("id")] }));

    let mut writes = Map::new();
    let verbs = [("post", *can_create), ("patch", *can_update), ("put", *can_update)];
    for (method, _) in verbs.into_iter().filter(|(_, can)| *can) {
        let operation = operation(&format!("Write {path}"), "OperationResult");
        writes.insert(method.to_owned(), with_body(operation, name));
    }
    let Some(parent) = parent else {
        if !writes.is_empty() {
            paths.insert(root, writes.into());
        }
        return;
    };
    let root = format!("/V1.0/{}/{{parentId}}/{}", parent.path, parent.segment);
    add_metadata(&root, name, paths);
    let below = format!("{path} of one parent");
    writes.insert("get".to_owned(), operation(&below, &format!("{name}Page")));
    writes.insert("parameters".to_owned(), json!([id("parentId")]));
    paths.insert(root.clone(), writes.into());
    let mut item = Map::new();
    item.insert("get".to_owned(), operation(&below, &format!("{name}Item")));
    if *can_delete {
        item.insert("delete".to_owned(), operation(&format!("Delete {path}"), "OperationResult"));
    }
    item.insert("parameters".to_owned(), json!([id("parentId"), id("id")]));
    paths.insert(format!("{root}/{{id}}"), item.into());
}

fn add_metadata(root: &str, name: &str, paths: &mut Map<String, Value>) {
    for (suffix, schema) in [
        ("entityInformation", "EntityInformation"),
        ("entityInformation/fields", "Fields"),
        ("entityInformation/userDefinedFields", "UserDefinedFields"),
    ] {
        let mut item = json!({ "get": operation(&format!("{schema} of {name}"), schema) });
        if root.contains("{parentId}") {
            item["parameters"] = json!([id("parentId")]);
        }
        paths.insert(format!("{root}/{suffix}"), item);
    }
}

fn schema(definition: &Definition) -> Value {
    let mut properties: Map<String, Value> =
        definition.fields.iter().map(|field| (field.name.to_owned(), property(field))).collect();
    if definition.udf_type.is_some() {
        let pair = json!({ "properties": {
            "name": { "type": "string" }, "value": { "type": ["string", "null"] },
        }});
        properties
            .insert("userDefinedFields".to_owned(), json!({ "type": "array", "items": pair }));
    }
    let required: Vec<&str> = definition
        .fields
        .iter()
        .filter(|field| field.required && !field.read_only)
        .map(|field| field.name)
        .collect();
    json!({ "type": "object", "properties": properties, "description": format!(
        "Required in a POST and a PUT: {}.", if required.is_empty() { "nothing".to_owned() } else { required.join(", ") }
    )})
}

fn property(field: &Field) -> Value {
    let mut property = match field.kind {
        Kind::Text(length) => json!({ "type": ["string", "null"], "maxLength": length }),
        Kind::Short | Kind::Integer => json!({ "type": ["integer", "null"], "format": "int32" }),
        Kind::Long => json!({ "type": ["integer", "null"], "format": "int64" }),
        Kind::Double => json!({ "type": ["number", "null"], "format": "double" }),
        Kind::Boolean => json!({ "type": ["boolean", "null"] }),
        Kind::DateTime => json!({ "type": ["string", "null"], "format": "date-time" }),
    };
    if field.read_only {
        property["readOnly"] = json!(true);
    }
    property
}

fn common_schemas() -> Map<String, Value> {
    let text = json!({ "type": "string" });
    let number = json!({ "type": "integer" });
    let list =
        |items: Value| json!({ "properties": { "fields": { "type": "array", "items": items } } });
    let anything = json!({ "type": "object" });
    let schemas = json!({
        "ZoneInformation": { "properties": { "zoneName": text, "url": text, "webUrl": text, "ci": number } },
        "VersionInformation": { "properties": { "apiVersions": { "type": "array", "items": text } } },
        "ThresholdInformation": { "properties": {
            "externalRequestThreshold": number, "requestThresholdTimeframe": number,
            "currentTimeframeRequestCount": number,
        }},
        "Version": { "properties": {
            "majorVersion": number, "minorVersion": number, "build": number, "customerType": text,
        }},
        "OperationResult": { "properties": { "itemId": number } },
        "Errors": { "properties": { "errors": { "type": "array", "items": text } } },
        "QueryCount": { "properties": { "queryCount": number } },
        "PageDetails": { "properties": {
            "count": number, "requestCount": number,
            "prevPageUrl": { "type": ["string", "null"] }, "nextPageUrl": { "type": ["string", "null"] },
        }},
        "Query": { "required": ["filter"], "properties": {
            "filter": { "type": "array", "items": reference("Filter") },
            "MaxRecords": { "type": "integer", "minimum": 1, "maximum": 500 },
            "IncludeFields": { "type": "array", "items": text },
        }},
        "Filter": { "required": ["op"], "properties": {
            "op": { "enum": [
                "eq", "noteq", "gt", "gte", "lt", "lte", "beginsWith", "endsWith", "contains", "exist", "notExist",
                "in", "notIn", "and", "or",
            ]},
            "field": text, "value": {}, "udf": { "type": "boolean" },
            "items": { "type": "array", "items": reference("Filter") },
        }},
        "EntityInformation": { "properties": { "info": anything } },
        "Fields": list(anything.clone()),
        "UserDefinedFields": list(anything.clone()),
    });
    let Value::Object(schemas) = schemas else { return Map::new() };
    schemas
}

fn operation(summary: &str, schema: &str) -> Value {
    json!({ "summary": summary, "responses": {
        "200": { "description": "done", "content": json_content(schema) },
        "401": { "description": "the credentials are missing or wrong" },
        "429": { "description": "too many requests", "content": json_content("Errors") },
        "500": { "description": "refused", "content": json_content("Errors") },
    }})
}

fn with_body(mut operation: Value, schema: &str) -> Value {
    operation["requestBody"] = json!({ "required": true, "content": json_content(schema) });
    operation
}

fn json_content(schema: &str) -> Value {
    json!({ "application/json": { "schema": reference(schema) } })
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn nullable(schema: &str) -> Value {
    json!({ "anyOf": [reference(schema), { "type": "null" }] })
}

fn id(name: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "integer" } })
}
