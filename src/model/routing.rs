//! Routing: the routes that one object declares, of an Ingress or of a kind that a gateway brings.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::allow::Allow;
use super::call::Called;
use super::gateway_route::{ParentRef, RouteRule};
use super::json::{list, text};
use super::route::{PathType, Place, Route};
use super::section::Section;
use crate::object::{Address, At, ObjectId};

/// Which class an Ingress names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ClassName {
    /// In `spec.ingressClassName`, or in the older annotation.
    Named(Box<str>),
    /// Nowhere: the default class serves it, if there is one.
    Unset,
}

/// The routes that one object declares.
#[derive(Clone, Debug)]
pub struct Routing {
    /// Which object.
    pub id: ObjectId,
    /// Which class it names.
    pub class: ClassName,
    /// The controller that alone reads objects of its kind, as an `IngressClass` would name it; `None` for an Ingress, which
    /// any controller may read.
    pub controller: Option<&'static str>,
    /// Its annotations that a gateway may read, sorted by key.
    pub annotations: Box<[(Arc<str>, Box<str>)]>,
    /// Whether the object has annotations at all.
    pub has_annotations: bool,
    /// When it was stored, as the API server writes it; an object that only comes has no such time.
    pub created: Option<Box<str>>,
    /// Whether it is being deleted.
    pub is_leaving: bool,
    /// Whether it only splits the traffic of another object. Gateways that know this write it alike.
    pub is_canary: bool,
    /// What its author accepts.
    pub allow: Option<Box<Allow>>,
    /// The hosts of rules without a path.
    pub bare_hosts: Box<[Box<str>]>,
    /// Its routes in their order.
    pub routes: Box<[Route]>,
    /// What it hangs on, as a route of the Gateway API.
    pub parents: Box<[ParentRef]>,
    /// Its rules, as a route of the Gateway API.
    pub rules: Box<[RouteRule]>,
    /// Its parts with settings of their own, where it has such.
    pub sections: Box<[Section]>,
}

/// Prefixes of annotations that no gateway reads, and that may be large.
const UNREAD: &[&str] = &["kubectl.kubernetes.io/", "no502.dev/", "cert-manager.io/", "meta.helm.sh/", "argocd.argoproj.io/"];

impl Routing {
    pub(super) fn read(id: &ObjectId, raw: &Value) -> Self {
        let spec = raw.at(["spec"]);
        let of_annotation = raw.at(["metadata", "annotations", "kubernetes.io/ingress.class"]).as_str();
        let class = spec.at(["ingressClassName"]).as_str().or(of_annotation);
        let default = [spec.at(["defaultBackend"]), spec.at(["backend"])].into_iter().find(|backend| backend.is_object());
        let default = default.map(|backend| Route::read("".into(), "", PathType::Prefix, backend, Place::Default));
        let paths = list(spec.at(["rules"])).flat_map(|(rule, value)| {
            let host: Arc<str> = text(value.at(["host"])).into();
            list(value.at(["http", "paths"])).map(move |(path, entry)| {
                let written = entry.at(["path"]).as_str().filter(|path| !path.is_empty()).unwrap_or("/");
                let path_type = PathType::read(entry.at(["pathType"]));
                Route::read(host.clone(), written, path_type, entry.at(["backend"]), Place::Path { rule, path })
            })
        });
        let hosts = list(spec.at(["rules"])).filter(|(_, value)| list(value.at(["http", "paths"])).next().is_none());
        let hosts = hosts.map(|(_, value)| text(value.at(["host"]))).filter(|host| !host.is_empty());
        Self {
            class: class.map_or(ClassName::Unset, |name| ClassName::Named(name.into())),
            bare_hosts: hosts.map(Into::into).collect(),
            routes: paths.chain(default).collect(),
            ..Self::bare(id, raw)
        }
    }

    /// What its metadata says, without routes.
    pub(super) fn bare(id: &ObjectId, raw: &Value) -> Self {
        let metadata = raw.at(["metadata"]);
        let annotations = metadata.at(["annotations"]);
        let all = || annotations.as_object().into_iter().flatten();
        let kept = all().filter(|(key, _)| !UNREAD.iter().any(|prefix| key.starts_with(prefix)));
        Self {
            id: id.clone(),
            class: ClassName::Unset,
            controller: None,
            annotations: kept.filter_map(|(key, value)| Some((key.as_str().into(), value.as_str()?.into()))).collect(),
            has_annotations: all().next().is_some(),
            created: metadata.at(["creationTimestamp"]).as_str().map(Into::into),
            is_leaving: metadata.at(["deletionTimestamp"]).is_string(),
            is_canary: all().any(|(key, value)| key.contains("canary") && value != "false"),
            allow: Allow::read(raw),
            bare_hosts: Box::default(),
            routes: Box::default(),
            parents: Box::default(),
            rules: Box::default(),
            sections: Box::default(),
        }
    }

    /// Whether its requests come through a gateway. A route of the Gateway API that hangs on none is for requests inside a mesh, or
    /// only a part of one.
    #[must_use]
    pub fn is_from_outside(&self) -> bool {
        !self.id.kind.is_gateway_route() || !self.parents.is_empty()
    }

    /// The text of an annotation that a gateway may read.
    #[must_use]
    pub fn annotation(&self, key: &str) -> Option<&str> {
        let index = self.annotations.binary_search_by(|(own, _)| (**own).cmp(key)).ok()?;
        self.annotations.get(index).map(|(_, value)| &**value)
    }

    /// The text of the annotation of this name under a gateway's prefix; an empty one counts as absent.
    #[must_use]
    pub fn annotation_under(&self, prefix: &str, name: &str) -> Option<&str> {
        // Keys under one prefix mostly differ in their lengths.
        let length = prefix.len() + 1 + name.len();
        let is_it =
            |key: &str| key.len() == length && key.strip_suffix(name).and_then(|rest| rest.strip_suffix('/')) == Some(prefix);
        self.annotations.iter().find(|(key, _)| is_it(key)).map(|(_, text)| &**text).filter(|text| !text.is_empty())
    }

    /// The text of the annotation at an address.
    #[must_use]
    pub fn annotation_at(&self, address: &Address) -> Option<&str> {
        match address {
            Address::Key { prefix, name } => self.annotation(&format!("{prefix}/{name}")),
            Address::Annotation(key) => self.annotation(key),
            Address::Field(..) | Address::Data(_) => None,
        }
    }

    /// Where an annotation that is absent would be missed: at the annotations, or at the metadata when there are none.
    #[must_use]
    pub fn annotations_address(&self) -> Address {
        Address::field(if self.has_annotations { "/metadata/annotations" } else { "/metadata" })
    }

    /// Its hosts, also those without a path; one that several rules name may come several times.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        let mut last: Option<&Arc<str>> = None;
        let own = self.routes.iter().filter(|route| route.has_path()).map(|route| &route.host);
        let with_paths = own.filter(move |host| last.replace(host).is_none_or(|last| !Arc::ptr_eq(last, host)));
        with_paths.map(|host| &**host).chain(self.bare_hosts.iter().map(|host| &**host))
    }

    /// Under what it is found by those whose requests it may take: its hosts. Routes of the Gateway API only meet those of the
    /// very same path, and one without a host those of what it hangs on.
    pub fn meeting_points(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let is_plain = self.rules.is_empty();
        let plain = self.hosts().filter(move |_| is_plain).map(Cow::Borrowed);
        let matches = self.rules.iter().flat_map(|rule| &rule.matches);
        let with_paths = matches.flat_map(move |own| {
            let path = own.path.trim_end_matches('/');
            let mut hosts = self.hosts().filter(|host| !host.is_empty()).peekable();
            let parents = if hosts.peek().is_some() { &[][..] } else { &self.parents };
            let of_hosts: Vec<String> = hosts.map(|host| format!("{host}\n{path}")).collect();
            let of_parents = parents.iter().map(move |parent| format!("{}\n{path}", parent.id));
            of_hosts.into_iter().chain(of_parents).map(Cow::Owned)
        });
        plain.chain(with_paths)
    }

    /// The namespaces of the objects that it refers to, its own first.
    #[must_use]
    pub fn namespaces(&self) -> Vec<&str> {
        let own = &*self.id.namespace;
        let others =
            self.services().map(|(namespace, _)| namespace).chain(self.parents.iter().map(|parent| &*parent.id.namespace));
        let mut others: Vec<&str> = others.filter(|namespace| *namespace != own).collect();
        others.sort_unstable();
        others.dedup();
        others.insert(0, own);
        others
    }

    /// The namespaces and names of the Services that the routes lead to.
    pub fn services(&self) -> impl Iterator<Item = (&str, &str)> {
        self.routes.iter().filter_map(|route| route.service(&self.id.namespace))
    }

    /// The Services that its annotations name as something to connect to, whether anybody reads these annotations or not.
    pub fn calls(&self) -> impl Iterator<Item = Called<'_>> {
        let texts = self.annotations.iter().map(|(_, text)| &**text).filter(|text| text.contains(".svc"));
        texts.flat_map(Called::all)
    }

    /// The names of the Services that the routes lead to.
    pub fn service_names(&self) -> impl Iterator<Item = &str> {
        self.routes.iter().filter_map(Route::service_name)
    }
}
