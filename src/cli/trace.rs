//! `no502 trace`: the way of a request, hop by hop.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::ValueEnum;
use jiff::civil::Date;

use super::asked::{Asked, Known, heads};
use super::cluster::Cluster;
use super::folders::{Folders, Worlds};
use super::{CliError, Common, UNUSABLE, print};
use crate::collect::cluster::Seen;
use crate::collect::files::{FileObject, Input};
use crate::engine::{self, Chain, Plan, Profile, Spoken, Terms};
use crate::inventory::World;
use crate::model::Model;
use crate::object::{Kind, ObjectId};
use crate::report::trace::{ChainItem, TraceReport, mermaid, text};

/// The shape of the JSON, for the help and for `docs/cli.md`.
const JSON: &str = "\
What to trace is a request, as HOST/PATH, or an object, as KIND/NAME or KIND/NAMESPACE/NAME: one that
declares routes, a Gateway, a Service, or what makes pods. Of a request the paths that match it are
shown in the order in which their gateway tries them.

JSON: {schema: \"no502.dev/trace/v1\", version, asked, chains, notes}. Every chain has

  takes         the hosts and paths that lead this way
  verdict       of a request: takes, perhaps (an expression, or a header that is demanded), splits (a
                canary), behind (another path is tried first), detached; because says why
  object, file, line, column of what declares the path; null where a Service is reached by itself
  clientTimeout, loadBalancer (layer, idleTimeout): as the policy tells
  listeners     object, name, port, protocol, hostname; fault, where none takes the route
  effective     the gateway and what holds, as an object of `no502 effective`
  answer        who answers, where there is no backend, or none that gets a request
  canary        of a canary: object (whose requests it shares; null where there is none), share
                ([20, 100]: 20 of 100 requests; null where that is not read)
  legs          share ([9, 10]: nine of ten requests; null where that is not read), effective
                (where a leg has its own), service (state: found, missing, other; object,
                exposure, findings), port (wanted, number, name, protocol, appProtocol, target),
                speaks (where the gateway goes by what is said of the port: value http, h2c,
                https, grpc or grpcs, null where it is not known; from, file, line, column),
                answer (what comes at once, where the Service does not have the port), endpoints
                (ready, serving, terminating; null where none were listed), pods (object,
                replicas, scaling, target, container, drain, network, findings)
  findings      what is found at the gateway; each has rule, level, status, certainty, excepted,
                object, field, file, line, column, message, why, help
  first         what to do first

A line of 0 is not in a file. Notes are what could not be read, as in `check`. The exit code is 0, or 2
where nothing is found or something could not be read.";

/// Arguments of `no502 trace`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = JSON)]
pub(super) struct Args {
    /// HOST/PATH, KIND/NAME or KIND/NAMESPACE/NAME
    #[arg(value_name = "WHAT")]
    asked: String,
    /// Files and folders (.yaml, .yml, .json); - is standard input; the current folder where there is none and no cluster is asked
    #[arg(value_name = "FILE")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    cluster: Cluster,
    /// The namespace of objects in files that name none
    #[arg(long, value_name = "NS", default_value = "default")]
    namespace: String,
    /// The form of the answer
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Format {
    Text,
    Json,
    Mermaid,
}

pub(super) fn run(args: &Args, common: &Common) -> Result<u8, CliError> {
    let mut plan = common.plan()?;
    plan.has_cluster = args.cluster.is_asked;
    let asked = Asked::parse(&args.asked)?;
    let here = [PathBuf::from(".")];
    let paths = if args.paths.is_empty() && !args.cluster.is_asked { &here[..] } else { &args.paths };
    let mut input = Input::read(paths, Some(&*args.namespace).filter(|name| *name != "default"));
    if args.paths.is_empty() {
        name_shortly(&mut input);
    }
    let seen = args.cluster.look(&plan)?;
    let profile = common.profile.as_deref().map(|name| {
        let names = || plan.profile_names().collect::<Vec<_>>().join(", ");
        plan.profile(name).ok_or_else(|| CliError::Unusable(format!("there is no profile {name}; there are {}", names())))
    });
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut tracer = Tracer {
        asked: &asked,
        input: &input,
        plan: &plan,
        profile: profile.transpose()?,
        today,
        chains: Vec::new(),
        found: Vec::new(),
        known: Known::default(),
        panics: BTreeSet::new(),
    };
    let is_whole = seen.as_ref().is_none_or(Seen::is_whole);
    match seen {
        Some(seen) => tracer.in_cluster(seen),
        None => tracer.in_files()?,
    }
    for rule in &tracer.panics {
        let _ = writeln!(io::stderr(), "no502: rule {rule} failed: a fault of no502, please report it");
    }
    if tracer.chains.is_empty() {
        return Err(CliError::Unusable(format!("{}{}", super::effective::unread(&input), tracer.known.nothing(&asked))));
    }
    let mut report = TraceReport::new(&args.asked, tracer.chains, &input);
    report.heads = heads(&asked, &tracer.found);
    print(&match args.format {
        Format::Text => text(&report, common.style()),
        Format::Json => report.json(),
        Format::Mermaid => mermaid(&report),
    })?;
    Ok(if report.notes.is_empty() && is_whole { 0 } else { UNUSABLE })
}

/// Calls the files of the current folder as people call them.
fn name_shortly(input: &mut Input) {
    let short = |name: &mut String| {
        if let Some(rest) = name.strip_prefix("./") {
            *name = rest.to_owned();
        }
    };
    input.files.iter_mut().for_each(|file| short(&mut file.name));
    input.notes.iter_mut().for_each(|note| short(&mut note.file));
}

/// What is traced, and what came of it.
struct Tracer<'t> {
    asked: &'t Asked<'t>,
    input: &'t Input,
    plan: &'t Plan,
    profile: Option<&'t Profile>,
    today: Date,
    chains: Vec<ChainItem>,
    /// The objects that the ways are of, each with its file.
    found: Vec<(ObjectId, String)>,
    known: Known,
    panics: BTreeSet<&'static str>,
}

impl<'t> Tracer<'t> {
    /// In one world: the cluster with the files laid over it.
    fn in_cluster(&mut self, mut seen: Seen) {
        for entry in &self.input.objects {
            seen.inventory.apply(Model::read(&entry.object));
        }
        let world = World::from(&seen.inventory);
        let is_complete = seen.is_whole();
        self.known.add_all(&world, &seen.inventory);
        if let Asked::Request(request) = self.asked {
            self.add(&Chain::all(&world, &self.terms(is_complete), engine::Asked::Request(request)), None);
            return;
        }
        let mut ids: Vec<ObjectId> = Kind::ALL.into_iter().flat_map(|kind| seen.inventory.ids(kind)).collect();
        ids.retain(|id| self.asked.names(id));
        ids.sort_unstable();
        for id in ids {
            self.found.push((id.clone(), String::new()));
            self.add(&Chain::all(&world, &self.terms(is_complete), engine::Asked::Object(&id)), None);
        }
    }

    /// In the world of each file that holds what was asked for: folders may hold alternatives of one object.
    fn in_files(&mut self) -> Result<(), CliError> {
        let input = self.input;
        let folders = Folders::new(input, Worlds::Auto, None);
        folders.each(|index, world| {
            let Some(entry) = input.objects.get(index) else { return Ok(()) };
            let id = &entry.object.id;
            self.known.add(id, world);
            let mut chains = match self.asked {
                Asked::Request(request) if id.kind.declares_routes() => {
                    Chain::all(world, &self.terms(false), engine::Asked::Part(request, id))
                }
                Asked::Object { .. } if self.asked.names(id) => Chain::all(world, &self.terms(false), engine::Asked::Object(id)),
                _ => Vec::new(),
            };
            if !chains.is_empty() {
                let file = input.files.get(entry.file).map(|file| file.name.clone()).unwrap_or_default();
                self.found.push((id.clone(), file));
            }
            for chain in &mut chains {
                // All is looked at from the file of what was asked for, or from that of the subject where it is the only one.
                let from = |spoken: &Spoken| match *input.defined(&spoken.finding.subject).collect::<Vec<_>>() {
                    [only] => only,
                    _ => entry,
                };
                chain.spoken.retain(|spoken| !folders.is_hearsay(from(spoken), &spoken.finding));
                chain.spoken.iter_mut().for_each(|spoken| folders.doubt(from(spoken), spoken, false));
            }
            self.add(&chains, Some(entry));
            Ok(())
        })
    }

    fn terms(&self, is_complete: bool) -> Terms<'t> {
        Terms { plan: self.plan, today: self.today, profile: self.profile, is_complete }
    }

    fn add(&mut self, chains: &[Chain<'_>], entry: Option<&FileObject>) {
        for chain in chains {
            self.panics.extend(&chain.panics);
            self.chains.push(ChainItem::new(chain, &self.plan.facts, self.input, entry.map(|entry| entry.file)));
        }
    }
}
