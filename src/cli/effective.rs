//! `no502 effective`: what holds for a route, who says so, and what the worst case is.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use clap::ValueEnum;

use super::folders::{Folders, Worlds};
use super::{CliError, Common, UNUSABLE, print};
use crate::collect::files::Input;
use crate::engine::Effective;
use crate::object::{Kind, ObjectId};
use crate::policy::near;
use crate::report::effective::{EffectiveItem, EffectiveReport, text};
use crate::report::notes;

/// The shape of the JSON, for the help and for `docs/cli.md`.
const JSON: &str = "\
JSON: {schema: \"no502.dev/effective/v1\", version, objects, notes}. Every object has

  object, file, line, column, routes; upstream (of a VirtualServer or VirtualServerRoute);
  rule      (of an HTTPRoute, GRPCRoute or TLSRoute: its name, else its first path)
  answer    who answers, of a rule that redirects
  gateway   dialect, version, class;
            basis: policy, assumed, kind, ingressClass, gatewayClass, nobody;
            config: read, none, unknown; from and configFrom say the same for people
  settings  connect, send, read, request, retryConditions, retryTries, retryTime, protocol,
            headerBuffer, bodyLimit (0: unlimited), upstreamIdle (0s: not kept), upgrades,
            clientHttp2, each with value (null: not known), source, from, file, line, column
            (0: not in the input). A source is annotation, field, configMap, gatewayDefault,
            apiDefault, presumed (the default, unless a ConfigMap that was not seen says
            otherwise), absent (the gateway has no such setting) or unknown.
            retryTries 0 and retryTime 0s are without end, or end with the endpoints; under an
            implementation of the Gateway API so is a timeout of 0s. There, presumed means unless a
            policy of its own says otherwise, since those are not read.
  remarks   kind: ignored, rejected, poison, withoutEffect, leftBehind, unknownKey; key, message, file,
            line, column
  timeline  status (of a pod that takes too long); waits: timeout (connect, send, read, request),
            requests (all, idempotent, nonIdempotent), each, tries, total, end (tries, retryTime,
            request, endpoints, never, unknown), presumed, missedBy (client, loadBalancer);
            fronts: hop, after, status.
            A timeout that is not known has no wait.

Notes are what could not be read, as in `check`. The exit code is 0, or 2 where something could not
be read or there is nothing to show.";

/// Arguments of `no502 effective`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = JSON)]
pub(super) struct Args {
    /// Files and folders (.yaml, .yml, .json) with the Ingresses, VirtualServers and routes of the Gateway API, and where they are at
    /// hand their IngressClass, or Gateway and GatewayClass, and the ConfigMap of the gateway; - is standard input
    #[arg(value_name = "FILE", required = true)]
    paths: Vec<PathBuf>,
    /// Only this one: KIND/NAMESPACE/NAME, or KIND/NAME in any namespace
    #[arg(long, value_name = "OBJECT")]
    object: Option<String>,
    /// The form of the answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Format {
    Text,
    Json,
}

pub(super) fn run(args: &Args, common: &Common) -> Result<u8, CliError> {
    let plan = common.plan()?;
    let asked = args.object.as_deref().map(Asked::parse).transpose()?;
    let input = Input::read(&args.paths, None);
    let is_meant = |id: &ObjectId| id.kind.declares_routes() && asked.as_ref().is_none_or(|asked| asked.names(id));
    let mut objects = Vec::new();
    Folders::new(&input, Worlds::Auto, None).each(|index, world| {
        let Some(entry) = input.objects.get(index).filter(|entry| is_meant(&entry.object.id)) else { return Ok(()) };
        if let Some(routing) = world.routing(&entry.object.id) {
            let all = Effective::all(routing, world, &plan);
            objects.extend(all.iter().map(|effective| EffectiveItem::new(effective, Some(entry), &input)));
        }
        Ok(())
    })?;
    // Where something could not be read, the report says what.
    if objects.is_empty() && (asked.is_some() || input.notes.is_empty()) {
        return Err(nothing(asked.as_ref(), &input));
    }
    let report = EffectiveReport::new(objects, &input);
    print(&match args.format {
        Format::Text => text(&report, common.style()),
        Format::Json => report.json(),
    })?;
    Ok(if report.notes.is_empty() { 0 } else { UNUSABLE })
}

/// The object that was asked for.
struct Asked<'a> {
    kind: Kind,
    namespace: Option<&'a str>,
    name: &'a str,
}

impl<'a> Asked<'a> {
    fn parse(text: &'a str) -> Result<Self, CliError> {
        let (kind, namespace, name) = match *text.split('/').collect::<Vec<_>>() {
            [kind, name] if !name.is_empty() => (kind, None, name),
            [kind, namespace, name] if !name.is_empty() => (kind, Some(namespace), name),
            _ => {
                return Err(CliError::Unusable(format!(
                    "--object {text}: write KIND/NAMESPACE/NAME or KIND/NAME, such as Ingress/shop/web"
                )));
            }
        };
        let kinds = || Kind::ALL.into_iter().filter(|own| own.declares_routes());
        let names = |own: Kind| [own.name(), own.plural(), short(own)].iter().any(|name| name.eq_ignore_ascii_case(kind));
        let Some(kind) = kinds().find(|own| names(*own)) else {
            let all: Vec<&str> = kinds().map(Kind::name).collect();
            return Err(CliError::Unusable(format!(
                "--object {text}: {kind} declares no routes; write KIND/NAMESPACE/NAME with one of {}",
                all.join(", ")
            )));
        };
        Ok(Self { kind, namespace, name })
    }

    fn names(&self, id: &ObjectId) -> bool {
        id.kind == self.kind && *id.name == *self.name && self.namespace.is_none_or(|namespace| *id.namespace == *namespace)
    }
}

/// What `kubectl` calls a kind for short.
pub(super) fn short(kind: Kind) -> &'static str {
    match kind {
        Kind::ConfigMap => "cm",
        Kind::DaemonSet => "ds",
        Kind::Deployment => "deploy",
        Kind::Gateway => "gtw",
        Kind::GatewayClass => "gc",
        Kind::HorizontalPodAutoscaler => "hpa",
        Kind::Ingress => "ing",
        Kind::Namespace => "ns",
        Kind::NetworkPolicy => "netpol",
        Kind::Pod => "po",
        Kind::PodDisruptionBudget => "pdb",
        Kind::ReferenceGrant => "refgrant",
        Kind::ReplicaSet => "rs",
        Kind::Rollout => "ro",
        Kind::ScaledObject => "so",
        Kind::Service => "svc",
        Kind::StatefulSet => "sts",
        Kind::VerticalPodAutoscaler => "vpa",
        Kind::VirtualServer => "vs",
        Kind::VirtualServerRoute => "vsr",
        other => other.plural(),
    }
}

impl fmt::Display for Asked<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(namespace) = self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(self.name)
    }
}

/// How many names are told at most.
const NAMES: usize = 5;

/// What to say where there is nothing to show: which ones are called alike, else which ones there are.
fn nothing(asked: Option<&Asked<'_>>, input: &Input) -> CliError {
    let ids: BTreeSet<&ObjectId> =
        input.objects.iter().map(|entry| &entry.object.id).filter(|id| id.kind.declares_routes()).collect();
    let Some(asked) = asked.filter(|_| !ids.is_empty()) else {
        return CliError::Unusable(format!(
            "{}there is no Ingress, VirtualServer, VirtualServerRoute or route of the Gateway API in the input",
            unread(input)
        ));
    };
    let told = |ids: &[&ObjectId]| {
        let names: Vec<String> = ids.iter().take(NAMES).map(|id| format!("{}/{}/{}", id.kind, id.namespace, id.name)).collect();
        let more = if ids.len() > NAMES { format!(" and {} more", ids.len() - NAMES) } else { String::new() };
        format!("{}{more}", names.join(", "))
    };
    let (alike, others): (Vec<&ObjectId>, Vec<&ObjectId>) =
        ids.into_iter().partition(|id| near(asked.name, [&*id.name]).is_some());
    let mut alike = alike;
    alike.sort_by_key(|id| (id.kind != asked.kind, *id.name != *asked.name));
    let hint = if alike.is_empty() { format!("there is {}", told(&others)) } else { format!("did you mean {}?", told(&alike)) };
    let kind = asked.kind;
    CliError::Unusable(format!("{}there is no {kind} {asked} in the input; {hint}", unread(input)))
}

/// What of the input could not be read, a line each: what is asked for may be there.
pub(super) fn unread(input: &Input) -> String {
    let lines: Vec<String> =
        notes(input).iter().map(|note| format!("{}: unreadable: {}\n", note.place(), note.message)).collect();
    lines.concat()
}
