//! The JSON Schema of the policy document, so that editors complete it.

use crate::object::At;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::dialect::DIALECTS;
use crate::policy::API_VERSION;
use crate::rule::{Entry, FixAvailability, RULES};
use crate::units::{Duration, Level};

/// The JSON Schema (draft 2020-12) of the policy document.
#[must_use]
pub fn schema() -> Value {
    let mut generator = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true).into_generator();
    let duration = generator.subschema_for::<Duration>().to_value();
    let level = generator.subschema_for::<Level>().to_value();
    let rules: Map<String, Value> =
        RULES.iter().map(|entry| (entry.meta.name.to_owned(), rule(entry, &level, &mut generator))).collect();
    let profile = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "extends": {"type": "string", "description": "The profile it is laid over; baseline where nothing is said."},
            "breaking": {
                "enum": ["off", "warning", "error"],
                "description": "How heavy it is when a change takes away what a route of another object uses."
            },
            "rules": {"type": "object", "additionalProperties": false, "properties": rules},
        },
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "no502 policy",
        "description": "What an installation of no502 wants, and what objects cannot tell of its cluster.",
        "type": "object",
        "additionalProperties": false,
        "required": ["apiVersion", "kind"],
        "properties": {
            "apiVersion": {"const": API_VERSION},
            "kind": {"const": "Policy"},
            "metadata": {"type": "object"},
            "mode": {"enum": ["enforce", "warn", "audit"], "description": "The highest mode this installation uses."},
            "defaults": defaults(),
            "exemptNamespaces": strings("Namespaces that are left alone whatever their labels say; * stands for any run of characters."),
            "clients": {
                "type": "object", "additionalProperties": false, "properties": {"timeout": duration},
                "description": "How long clients wait for an answer."
            },
            "loadBalancer": {
                "type": "object", "additionalProperties": false,
                "properties": {"layer": {"enum": [4, 7]}, "idleTimeout": duration.clone(), "deregistrationDelay": duration},
                "description": "The balancer in front of the gateways."
            },
            "networkPolicies": {
                "enum": ["enforced", "ignored"],
                "description": "Whether the network plugin does what NetworkPolicies say; enforced where nothing is said."
            },
            "gateways": {"type": "array", "items": gateway()},
            "profiles": {"type": "object", "additionalProperties": profile},
            "exceptions": {"type": "array", "items": exception()},
        },
    })
}

/// A rule's entry: a level alone, or a mapping with its parameters.
fn rule(entry: &Entry, level: &Value, generator: &mut SchemaGenerator) -> Value {
    let mut params = entry.schema(generator).to_value();
    let mut properties = params.at(["properties"]).as_object().cloned().unwrap_or_default();
    properties.insert("level".to_owned(), level.clone());
    if !matches!(entry.meta.fix, FixAvailability::None | FixAvailability::Rewrite) {
        properties
            .insert("fix".to_owned(), json!({"type": "boolean", "description": "Whether its fixes are applied at admission."}));
    }
    if let Some(map) = params.as_object_mut() {
        map.retain(|key, _| !["title", "description", "$schema"].contains(&key.as_str()));
        map.insert("properties".to_owned(), Value::Object(properties));
        map.insert("type".to_owned(), "object".into());
        map.insert("additionalProperties".to_owned(), false.into());
    }
    json!({"description": entry.meta.summary, "anyOf": [level, params]})
}

fn defaults() -> Value {
    let profile = json!({"type": "string", "description": "The name of a profile, or none."});
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {"enforce": profile, "warn": profile, "audit": profile},
        "description": "The profiles of namespaces without labels."
    })
}

fn gateway() -> Value {
    let dialects: Vec<&str> = DIALECTS.iter().map(|dialect| dialect.id()).collect();
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["class", "dialect"],
        "properties": {
            "class": {"type": "string", "description": "The ingress class it serves."},
            "dialect": {"enum": dialects.clone(), "description": "Which gateway it is."},
            "version": {"type": "string", "description": "Its version, in quotes."},
            "namespace": {"type": "string", "description": "Where its pods run."},
            "configMap": {"type": "string", "description": "namespace/name of its global settings, or none."},
            "prefix": {"type": "string", "description": "The prefix of its annotations, where it was changed."},
            "next": {"enum": dialects, "description": "Which gateway comes after it."},
        },
    })
}

fn exception() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["reason", "until"],
        "properties": {
            "rules": strings("Which rules; all where there is none."),
            "match": {
                "type": "object",
                "additionalProperties": false,
                "properties": {
                    "namespaces": strings("In which namespaces; all where there is none."),
                    "kinds": strings("For which kinds; all where there is none."),
                    "names": strings("For objects of which names; all where there is none."),
                },
            },
            "reason": {"type": "string", "description": "Why."},
            "until": {"type": "string", "format": "date", "description": "The last day on which it holds."},
        },
    })
}

fn strings(description: &str) -> Value {
    json!({"type": "array", "items": {"type": "string"}, "description": description})
}
